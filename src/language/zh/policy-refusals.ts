import type { policyRefusals as english } from '../en/policy-refusals.ts'
import type { Sentences } from '../sentences.ts'

const inTime = (minutes: number) => (minutes < 90 ? `${minutes} 分钟后` : `约 ${Math.round(minutes / 60)} 小时后`)
const tomorrow = (minutes: number) => `${inTime(minutes)}（UTC 零点）恢复。`

export const policyRefusals: Pick<Sentences['refusals'], keyof typeof english> = {
  pressNeedsAuthor: () => ({
    message: '只有提出请求的人、发起此对话的人和管理员可以这样做',
    hint: '请自己画一张，再使用它的按钮。',
  }),
  pressNeedsAdmin: () => ({ message: '这里只有管理员可以这样做', hint: '请找管理员，或者用自己的话提出请求。' }),
  adminsOnly: () => ({ message: '/admin 仅供管理员使用', hint: '请找这里的管理人员。' }),
  channelNeedsAdmin: () => ({
    message: '只有管理员可以更改频道的设置',
    hint: '可以只为此对话（--for thread）或只为自己（--for person）设置。',
  }),
  adminNeedsPerson: ({ action }) => ({
    message: `没有说明 /admin ${action} 针对谁`,
    hint: `请给出对方的 ID：/admin ${action} --person 123。`,
  }),
  banned: () => ({
    message: '管理员决定你不能在这里使用本机器人',
    hint: '请向管理员了解情况；你仍可用 /forget 删除关于你的数据。',
  }),
  paused: () => ({ message: '机器人在这里已暂停，暂不接受新的请求', hint: '请等管理员恢复后再试。' }),
  drained: () => ({ message: '机器人正在完成这里已有的任务，不再接受新的请求', hint: '请等管理员恢复后再试。' }),
  tooManyJobsToday: ({ limit, minutes }) => ({
    message: `你今天的 ${limit} 次任务已用完`,
    hint: tomorrow(minutes),
  }),
  serverTooManyJobs: ({ open, limit }) => ({
    message: `此服务器有 ${open} 个任务在等待或进行，上限是 ${limit} 个`,
    hint: '其中一个结束后即可继续，请过一分钟再试。',
  }),
  serverTooManyJobsToday: ({ limit, minutes }) => ({
    message: `此服务器今天的 ${limit} 次任务已用完`,
    hint: tomorrow(minutes),
  }),
  nothingOfYours: () => ({
    message: '此对话中没有你提出的任务在进行',
    hint: '别人的任务由他们自己或管理员停止。',
  }),
}
