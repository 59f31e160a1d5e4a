import type { Sentences } from '../sentences.ts'

export const replies: Sentences['replies'] = {
  here: '好的！图片如下：',
  restored: '这是修复后的图片：',
  enlarged: (scale) => `这是放大 ${scale} 倍的图片：`,
  picture: '图片',
  mask: '要重绘的部分',
  unchanged: '图片没有任何变化。',
  changed: (percent) => `图片有 ${percent}% 发生了变化。`,
  lessThanOne: '不到 1',
  moreThan99: '超过 99',
  leftOut: (turns) => `对话太长，超出了模型一次能读的长度：最早的 ${turns} 轮对话它已经看不到了。`,
  onePicture: (name) => `我一次只看一张图片：这里说的是 ${name}。`,
  wordsDrawn: '模型没有为此写出提示词，所以直接用你的文字来画。',
  lastPromptDrawn: '模型没有为此写出提示词，所以用上一个提示词加上你的文字来画。',
  notEdited: '模型没有写出新的提示词，图片保持原样。请换个说法，或用 /edit --raw 给出完整的提示词。',
  fewerPages: ({ written, asked }) => `模型写了 ${written} 页；你要求的是 ${asked} 页。`,
}

export const asked: Sentences['asked'] = {
  again: '换个种子再画一次。',
  page: (page) => `重画第 ${page} 页。`,
  variations: '画几张它的变体。',
  restore: '修复这张图片。',
}
