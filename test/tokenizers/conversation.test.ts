import { describe, expect, test } from 'vitest'
import { conversationTemplates, type TemplateName } from '../../src/tokenizers/conversation-templates.ts'
import {
  renderConversation,
  templateForModelName,
  templateNamed,
  type ConversationTurn,
} from '../../src/tokenizers/conversation.ts'

const turns: ConversationTurn[] = [
  ['Hi', 'Hello!'],
  ['Draw', null],
]
const prompts: Record<TemplateName, string> = {
  vicuna_v1: 'S USER: <image>\nHi ASSISTANT: Hello!</s>USER: Draw ASSISTANT:',
  llava_v1: 'S USER: <image>\nHi ASSISTANT: Hello!</s>USER: Draw ASSISTANT:',
  llava_v0: 'S###Human: <image>\nHi###Assistant: Hello!###Human: Draw###Assistant:',
  llava_llama_2: '[INST] <<SYS>>\nS\n<</SYS>>\n\n<image>\nHi [/INST] Hello! </s><s>[INST] Draw [/INST]',
  mistral_instruct: '[INST] <<SYS>>\nS\n<</SYS>>\n\n<image>\nHi [/INST] Hello! </s><s>[INST] Draw [/INST]',
  llama_3:
    '<|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n<image>\nHi' +
    '<|eot_id|><|start_header_id|>system<|end_header_id|>\n\nHello!<|eot_id|><|start_header_id|>user<|end_header_id|>' +
    '\n\nDraw<|eot_id|><|start_header_id|>system<|end_header_id|>\n\n',
  gemma:
    'S<start_of_turn>user\n<image>\nHi<end_of_turn>\n<start_of_turn>model\nHello!<end_of_turn>\n<eos>' +
    '<start_of_turn>user\nDraw<end_of_turn>\n<start_of_turn>model\n',
  phi_3: '<|user|>\n<image>\nHi<|end|>\n<|assistant|>\nHello!<|end|>\n<|user|>\nDraw<|end|>\n<|assistant|>\n',
  qwen_2:
    '<|im_start|>system\nS<|im_end|><|im_start|>user\n<image>\nHi<|im_end|><|im_start|>assistant\nHello!<|im_end|>' +
    '<|im_start|>user\nDraw<|im_end|><|im_start|>assistant\n',
  mpt:
    '<|im_start|>system\nS<|im_end|><|im_start|>user\n<image>\nHi<|im_end|><|im_start|>assistant\nHello!<|im_end|>' +
    '<|im_start|>user\nDraw<|im_end|><|im_start|>assistant\n',
  chatml_direct:
    '<|im_start|>system\nS<|im_end|><|im_start|>user\n<image>\nHi<|im_end|><|im_start|>assistant\nHello!<|im_end|>' +
    '<|im_start|>user\nDraw<|im_end|><|im_start|>assistant\n',
}

describe('renderConversation', () => {
  test.each(Object.entries(prompts))('writes %s', (name, prompt) => {
    expect(renderConversation({ template: templateNamed(name), turns, image: true, systemText: 'S' })).toBe(prompt)
  })

  test("uses the template's own system text, and an empty one where that is asked for", () => {
    const question: ConversationTurn[] = [['Hi', null]]
    expect(renderConversation({ template: 'chatml_direct', turns: question })).toContain('Answer the questions.')
    expect(renderConversation({ template: 'llava_v1', turns: question, systemText: '' })).toBe(' USER: Hi ASSISTANT:')
    expect(renderConversation({ template: 'mistral_instruct', turns: question })).toBe(
      '[INST] <<SYS>>\n\n<</SYS>>\n\nHi [/INST]',
    )
  })

  test('strips nothing of what the person says', () => {
    const prompt = renderConversation({ template: 'mistral_instruct', turns: [['<s>sss', null]] })
    expect(prompt).toBe('[INST] <<SYS>>\n\n<</SYS>>\n\n<s>sss [/INST]')
  })
})

test.each([
  ['llmga-llama-2-7b', 'llava_llama_2'],
  ['LLMGA-Llama3-v1', 'llama_3'],
  ['Meta-Llama-3-8B', 'llava_v0'],
  ['llmga-gemma-2b', 'gemma'],
  ['llmga-Qwen2-7B', 'qwen_2'],
  ['Phi-3-mini', 'phi_3'],
  ['Mistral-7B-v0.1', 'mistral_instruct'],
  ['llava-v1.6-34b', 'chatml_direct'],
  ['llmga-vicuna-7b-v1.5', 'llava_v1'],
  ['mpt-7b', 'mpt'],
  ['anything', 'llava_v0'],
])('a folder named %s speaks %s', (name, template) => {
  expect(templateForModelName(name)).toBe(template)
})

test('templateNamed refuses what is no template', () => {
  expect(templateNamed('gemma')).toBe('gemma')
  for (const name of ['vicuna', 'toString', ''])
    expect(() => templateNamed(name)).toThrow(expect.objectContaining({ code: 'model/unsupported' }) as Error)
})

test('every template says where generation stops', () => {
  for (const { stop } of Object.values(conversationTemplates)) expect(stop).not.toBe('')
})
