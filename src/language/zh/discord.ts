import type { Sentences } from '../sentences.ts'

export const discord: Sentences['discord'] = {
  done: '完成。',
  notHere: '我不在这里回答。',
  pictureTooLarge: '有一张图片太大，无法在此显示。',
  fileTooLarge: (name) => `文件 ${name} 太大，无法在此发送。`,
  noFilesHere: '我在此频道没有上传文件的权限；频道管理者可以开启它。',
  noPicture: '那条消息里没有图片。',
  tooLate: '等待太久了，请重新开始。',
  form: {
    change: '要改什么',
    question: '你想知道什么',
    boxes: '要重画的部分：方框或格子',
    boxesHint: 'x,y,宽,高，例如 10%,20%,30%,30%；或 3x3:4，即 3×3 网格的中间一格',
    maskFile: '或者上传一张蒙版图',
    maskFileHint: '与图片比例相同的 PNG：白色部分重画，黑色部分保留',
    paint: (url) => `也可以[在浏览器里涂抹](${url})。`,
    number: (min, max) => `${min} 到 ${max} 之间的数`,
  },
}
