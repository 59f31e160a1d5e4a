import type { Sentences } from '../sentences.ts'
import { errors } from './errors.ts'
import { policyRefusals } from './policy-refusals.ts'
import { safetyRefusals } from './safety.ts'

const didYouMean = (meant: string | undefined, rest: string) =>
  meant === undefined ? rest : `你是想说 ${meant} 吗？${rest}`
const quoted = (text: string | undefined) => (text === undefined ? undefined : `“${text}”`)

const askAgain = '请重新提出要求。'
const chooseAnother = '请选择另一张。'
const plainWords = '请用普通文字书写；图片请以文件发送。'
const sendSmaller = '请发送小一些的。'

export const refusals: Sentences['refusals'] = {
  ...policyRefusals,
  ...safetyRefusals,

  emptyMessage: () => ({ message: '消息是空的', hint: '请写下你想看到的画面，或发送一张图片。' }),
  emptyPrompt: () => ({ message: '提示词是空的', hint: '请说明要画什么。' }),
  emptyChange: () => ({ message: '没有说明要改什么', hint: '请写出来。' }),
  emptyTitle: () => ({ message: '标题是空的', hint: '请写一个标题。' }),
  textTooLong: ({ length, limit }) => ({
    message: `这段文字有 ${length} 个字符，最多允许 ${limit} 个`,
    hint: '请发送短一些的。',
  }),
  strangeCharacter: ({ character }) => ({
    message: `这看起来不是文字：其中含有字符 ${character}`,
    hint: plainWords,
  }),
  notUtf8: () => ({ message: '这看起来不是文字：其中含有不属于 UTF-8 文本的字节', hint: plainWords }),

  unknownCommand: ({ name, names, meant }) => ({
    message: `没有“/${name}”这个命令`,
    hint: didYouMean(meant && `/${meant}`, `可用的命令：${names}。`),
  }),
  unknownOption: ({ name, names, meant }) => ({
    message: `没有“${name}”这个选项`,
    hint: didYouMean(quoted(meant), names === '' ? '此命令没有选项。' : `可用的选项：${names}。`),
  }),
  invalidOption: ({ name, value, allowed, meant }) => ({
    message: `${name} 不能是“${value}”`,
    hint: didYouMean(quoted(meant), `允许的值：${errors.allowed(allowed)}。`),
  }),
  imagineNeedsWish: () => ({ message: '/imagine 后面没有内容', hint: '请说明要画什么：/imagine 雪地里的红狐狸。' }),
  editNeedsWords: () => ({ message: '/edit 后面没有内容', hint: '请说明要改什么：/edit 把狐狸变成蓝色。' }),
  subjectNeedsWords: () => ({
    message: '/subject 后面没有内容',
    hint: '请说明主体要出现在哪里：/subject 它在海滩上。',
  }),
  controlNeedsWords: () => ({
    message: '/control 后面没有内容',
    hint: '请说明沿着轮廓要画什么：/control 一座蓝色的房子。',
  }),
  storyNeedsTopic: () => ({ message: '/story 后面没有主题', hint: '请说明绘本的主题：/story 一只狐狸 --pages 3。' }),
  illustrateNeedsText: () => ({ message: '/illustrate 后面没有文字', hint: '请粘贴文字：/illustrate 从前……' }),
  designNeedsKind: ({ kinds }) => ({
    message: '没有说明要设计什么',
    hint: `请先说明种类：/design logo 用于一家花店。种类：${kinds}。`,
  }),
  designNeedsTopic: () => ({ message: '/design 后面没有主题', hint: '请说明用途：/design logo 用于一家花店。' }),
  noGrowth: () => ({
    message: '图片不会变大：它已经是这个形状了',
    hint: '请指定方向或另一个比例：/outpaint right、/outpaint 16:9。',
  }),

  needsPicture: ({ what }) => ({
    message: `${what.startsWith('/') ? `${what} ` : '这个操作'}需要一张图片，而此对话里还没有图片`,
    hint: '请发送一张，或先画一张。',
  }),
  noPictureYet: () => ({ message: '此对话里还没有图片', hint: '请先画一张：/imagine 一只红狐狸。' }),
  pictureGone: () => ({ message: '那张图片已经不在了', hint: chooseAnother }),
  answeredPictureGone: () => ({ message: '这条回复所针对的图片已经不在了', hint: chooseAnother }),
  pictureUploaded: () => ({ message: '那张图片是上传的，不是在这里画的', hint: '可以用 /similar 画一张相似的。' }),
  pictureUnfinished: () => ({ message: '那张图片所属的内容还在制作中', hint: '请等它完成。' }),
  nothingToCompare: () => ({ message: '没有其他图片可以与这张对比', hint: '请先修改它，或再画一张。' }),
  noMask: () => ({
    message: '没有蒙版：要重绘哪里？',
    hint: '请用“局部重绘…”标记，发送另一张在该处为白色的图片，或给出 --boxes 或 --cells。',
  }),
  badMask: () => ({
    message: '这不是有效的蒙版',
    hint: '请在蒙版编辑器里画，或发送一张在要重绘处为白色的图片。',
  }),
  maskNotJson: () => ({
    message: '这不是有效的蒙版（不是 JSON）',
    hint: '请在蒙版编辑器里画，或发送一张在要重绘处为白色的图片。',
  }),
  maskTooLarge: ({ size, limit }) => ({ message: `蒙版有 ${size} 字节，最多允许 ${limit} 字节`, hint: sendSmaller }),
  fileTooLarge: ({ name, size, limit }) => ({
    message: `“${name}”有 ${size} 字节，最多允许 ${limit} 字节`,
    hint: sendSmaller,
  }),
  fileEmpty: ({ name }) => ({ message: `“${name}”是空文件（0 字节）`, hint: '请重新发送。' }),
  fileIsLink: ({ name }) => ({ message: `“${name}”是以链接发送的`, hint: '请直接发送图片。' }),
  linksNotFetched: () => ({ message: '这里不会下载链接指向的文件', hint: '请直接发送图片。' }),
  tooManyFiles: ({ count, limit }) => ({
    message: `一条消息里有 ${count} 个文件，太多了；最多允许 ${limit} 个`,
    hint: '请一次少发几个。',
  }),
  modelSawNothing: () => ({
    message: '语言模型没有为图片的内容写出提示词',
    hint: '请用自己的话说明：--source "雪地里的红狐狸"。',
  }),
  modelFilledNothing: () => ({ message: '语言模型没有为这张图片写出提示词', hint: '请用自己的话说明画面的内容。' }),

  threadOfOther: () => ({ message: '此对话属于别人', hint: '请自己发起一个对话。' }),
  noThread: () => ({ message: '没有这个对话', hint: '它可能已被删除。' }),
  threadGone: () => ({ message: '这个任务所属的对话已经不在了', hint: '请在新的对话里重新提出要求。' }),
  noAction: ({ action }) => ({ message: `没有“${action}”这个操作`, hint: '请重新载入对话，并使用其中的按钮。' }),
  noBook: () => ({ message: '此对话里没有绘本', hint: '请先写一本：/story 一只狐狸 --pages 3。' }),
  noPage: ({ page, pages }) => ({ message: `没有带图片的第 ${page} 页`, hint: `这本书有 ${pages} 页。` }),
  editGone: () => ({ message: '那次编辑已经不在了', hint: askAgain }),
  promptGone: () => ({ message: '那段提示词已经不在了', hint: askAgain }),
  wordsGone: () => ({ message: '当时的要求已经不在了', hint: askAgain }),
  nothingToUndo: () => ({ message: '没有可以撤回的内容', hint: '这里是对话的开头。' }),
  nothingToRedo: () => ({ message: '没有可以恢复的内容', hint: '这里是最新的一轮对话。' }),
  undoneAlready: () => ({ message: '那一轮已经撤回了', hint: '没有可以撤销的内容。' }),
  nothingGoesOn: () => ({ message: '此对话里没有正在进行的任务', hint: '没有可以取消的内容。' }),
  endedAlready: () => ({ message: '那个任务已经结束了', hint: '没有可以取消的内容。' }),
  nothingToRetry: () => ({ message: '没有可以重试的内容', hint: askAgain }),
  tooManyJobs: ({ open, limit }) => ({
    message: `你有 ${open} 个任务在等待或进行中，最多允许 ${limit} 个`,
    hint: '请等其中一个完成，或取消一个。',
  }),
}
