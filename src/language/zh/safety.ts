import type { safetyRefusals as english } from '../en/safety.ts'
import type { Sentences } from '../sentences.ts'

type SafetyRefusals = Pick<Sentences['refusals'], keyof typeof english>

/** 文字与图片检查所拒绝的内容。 */
export const safetyRefusals: SafetyRefusals = {
  wordsNotAllowed: () => ({ message: '机器人不画也不谈论这类内容', hint: '请换一个要求。' }),
  promptNotAllowed: () => ({ message: '由这些话得出的提示词不被允许', hint: '请换一种说法，或者提别的要求。' }),
  picturesUnchecked: () => ({
    message: '这里的图片必须先经过检查才能显示，但还没有设置检查图片的模型',
    hint: '运行机器人的人可以用 LLMGA_SAFETY 指定一个；管理员也可以用 /admin nsfw off 更改规则。',
  }),
}

/** 图片检查所说的话。 */
export const safety: Sentences['safety'] = {
  withheld: (pictures) => `有 ${pictures} 张图片被判定为不宜公开，这里既不显示也不保存。`,
  missing: {
    off: '',
    blur: '还没有设置检查图片的模型，因此暂时查不出任何图片：请运行机器人的人设置 LLMGA_SAFETY（见 docs/safety.md）。',
    block:
      '还没有设置检查图片的模型，因此在运行机器人的人设置 LLMGA_SAFETY（见 docs/safety.md）之前，这里不会画任何图片。',
  },
}
