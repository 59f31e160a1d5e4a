import type { Sentences } from '../sentences.ts'

/** Slack 上的话；标题最多 24 个字符。 */
export const slack: Sentences['slack'] = {
  asked: (name, words) => `*${name}*：${words}`,
  blurred: '已模糊处理：Slack 不支持点按后才显示的图片。',
  filesSent: '文件已通过私信发给你。',
  notServed: '我不能在这个频道里回答。请换一个频道，或联系管理员。',
  notInChannel: '我还不在这个频道里。请输入 /invite 加上我的名字，然后再试一次。',
  expired: '这个按钮已经失效，请重新提出请求。',
  noPicture: '那条消息里没有图片。',
  failed: '这里没有成功，请稍后再试。',
  pane: {
    greeting: '写下你想看到的画面，或者发来一张图片并说明要改什么。',
    suggestions: '可以从这些开始：',
  },
  form: {
    send: '发送',
    cancel: '取消',
    editTitle: '修改这张图片',
    askTitle: '询问这张图片',
    newTitle: '新图片',
    change: '要改什么',
    question: '你想知道什么',
    wish: '你想看到什么',
    where: '画在哪里',
    maskWords: '选定部分：方框（10%,20%,30%,30%）或格子（3x3:4）',
    maskFile: '或者上传一张图片，白色部分会重新绘制',
    maskLink: '在浏览器里用画笔标出',
  },
}
