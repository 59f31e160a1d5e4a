/** How a template strings its turns together; see conversation.ts. */
export type ConversationStyle = 'colon' | 'concatenated' | 'gemma' | 'phi3' | 'llama2'

/** A chat template as data (dvlab-research/LLMGA, llmga/llava/conversation.py). */
export interface ConversationTemplate {
  readonly style: ConversationStyle
  /** What stands before the system text, replaced or not. */
  readonly systemPrefix: string
  readonly systemText: string
  /** How the person's and the assistant's turns begin. */
  readonly roles: readonly [user: string, assistant: string]
  /** What ends the person's and the assistant's turns. */
  readonly separators: readonly [afterUser: string, afterAssistant: string]
  /** Where generation stops; the tokenizer may know it as one token. */
  readonly stop: string
}

const vicuna = {
  style: 'colon',
  systemPrefix: '',
  roles: ['USER', 'ASSISTANT'],
  separators: [' ', '</s>'],
  stop: '</s>',
} as const
const politeTo = (person: 'user' | 'human') =>
  `A chat between a curious ${person} and an artificial intelligence assistant. ` +
  `The assistant gives helpful, detailed, and polite answers to the ${person}'s questions.`

/** `separators` of this style are what stands before a person's and after an assistant's turn. */
const llama2 = {
  style: 'llama2',
  systemPrefix: '',
  roles: ['USER', 'ASSISTANT'],
  separators: ['<s>', '</s>'],
  stop: '<s>',
} as const

const chatml = {
  style: 'concatenated',
  systemPrefix: '<|im_start|>system\n',
  systemText:
    'A conversation between a user and an LLM-based AI assistant. The assistant gives helpful and honest answers.',
  roles: ['<|im_start|>user\n', '<|im_start|>assistant\n'],
  separators: ['<|im_end|>', '<|im_end|>'],
  stop: '<|im_end|>',
} as const

/** The templates by the names that LLMGA gives them. */
export const conversationTemplates = {
  vicuna_v1: { ...vicuna, systemText: politeTo('user') },
  llava_v1: { ...vicuna, systemText: politeTo('human') },
  llava_v0: {
    style: 'colon',
    systemPrefix: '',
    systemText: politeTo('human'),
    roles: ['Human', 'Assistant'],
    separators: ['###', '###'],
    stop: '###',
  },
  llava_llama_2: {
    ...llama2,
    systemText:
      'You are LLMGA, a useful language and vision generation assistant. You can generate images according to the ' +
      "user's requirements. If the user wants you to inpaint or outpaint images, please imagine what is in the black " +
      'mask parts of the image. If image generation is required, please provide a detailed description of the ' +
      'generated images in the form of <gen_image> DETAILED DESCRIPTION </gen_image>.',
  },
  mistral_instruct: { ...llama2, systemText: '' },
  /** The assistant's role is "system" indeed: LLMGA was trained so. */
  llama_3: {
    style: 'concatenated',
    systemPrefix: '<|start_header_id|>system<|end_header_id|>\n\n',
    systemText:
      'You are a helpful language and vision assistant. You are able to understand the visual content that the user ' +
      'provides, and assist the user with a variety of tasks using natural language.',
    roles: ['<|start_header_id|>user<|end_header_id|>\n\n', '<|start_header_id|>system<|end_header_id|>\n\n'],
    separators: ['<|eot_id|>', '<|eot_id|>'],
    stop: '<|eot_id|>',
  },
  gemma: {
    style: 'gemma',
    systemPrefix: '',
    systemText: '',
    roles: ['user', 'model'],
    separators: ['', '<eos>'],
    stop: '<eos>',
  },
  phi_3: {
    style: 'phi3',
    systemPrefix: '',
    systemText: '',
    roles: ['<|user|>', '<|assistant|>'],
    separators: ['<|end|>', '<|end|>'],
    stop: '<|end|>',
  },
  qwen_2: chatml,
  mpt: chatml,
  chatml_direct: { ...chatml, systemText: 'Answer the questions.' },
} as const satisfies Readonly<Record<string, ConversationTemplate>>

export type TemplateName = keyof typeof conversationTemplates

/** Parts of a lower-cased model name and the template each stands for; the first that fits counts. */
export const templateByNamePart: readonly (readonly [part: string, template: TemplateName])[] = [
  ['llama-2', 'llava_llama_2'],
  ['llama3', 'llama_3'],
  ['gemma', 'gemma'],
  ['qwen2', 'qwen_2'],
  ['phi-3', 'phi_3'],
  ['mistral', 'mistral_instruct'],
  ['v1.6-34b', 'chatml_direct'],
  ['v1', 'llava_v1'],
  ['mpt', 'mpt'],
]
