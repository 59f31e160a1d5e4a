import type { Sentences } from '../sentences.ts'

export const admin: Sentences['admin'] = {
  place: { server: '此服务器', channel: '此频道' },
  paused: (place) => `${place}已暂停：不接受新的请求，也不开始新的任务；正在进行的会继续。`,
  resumed: (place) => `${place}已恢复。`,
  drained: ({ place, running, waiting }) =>
    `${place}不再接受新的请求；${running} 个进行中和 ${waiting} 个等待中的任务会完成。`,
  banned: (person) => `${person} 不能再在这里使用机器人；其正在进行的任务已停止。`,
  unbanned: (person) => `${person} 可以重新在这里使用机器人。`,
  nsfw: ({ place, rule }) => `${place}对不适宜图片的处理：${rule}。`,
  press: ({ place, rule }) => `${place}中谁可以按别人回答下的按钮：${rule}。`,
  limits: (place) => `已设置${place}的限额。`,
  usageTitle: (day) => `此服务器 ${day}（UTC）的用量：`,
  usageLine: ({ name, id, jobs, pictures, seconds }) =>
    `${name}（${id}）：${jobs} 个任务，${pictures} 张图片，${seconds} 秒`,
  usageTotal: ({ jobs, pictures, seconds }) => `合计：${jobs} 个任务，${pictures} 张图片，${seconds} 秒`,
  noUsage: (day) => `${day}（UTC）这里还没有人使用过机器人。`,
  status: {
    title: '机器人在此频道的状态：',
    takes: { yes: '接受任务', paused: '已暂停', drained: '完成已有任务，不接受新的' },
    jobs: ({ running, waiting }) => `此服务器有 ${running} 个任务进行中，${waiting} 个等待中`,
    press: (rule) => `按钮：${rule}`,
    nsfw: (rule) => `不适宜图片：${rule}`,
    banned: (people) => `已禁用：${people}`,
    nobody: '无',
    limits: (limits) => `限额：${limits}`,
    noLimit: '无',
    limitNames: {
      jobsPerPerson: '每人同时的任务',
      jobsPerPersonDay: '每人每天的任务',
      jobsPerServer: '服务器同时的任务',
      jobsPerServerDay: '服务器每天的任务',
    },
  },
}

export const forget: Sentences['forget'] = {
  summary: ({ turns, pictures, jobs, threads, shared }) =>
    [
      `保存的关于你的数据：${threads + shared} 个对话中的 ${turns} 条消息、${pictures} 张图片和 ${jobs} 个任务。`,
      '这些数据连同你的设置和你得到的回答都会被删除，仍在为你进行的任务会停止。此操作无法撤销。',
      ...(threads > 0 ? [`仅属于你的 ${threads} 个对话会消失。`] : []),
      ...(shared > 0 ? [`与他人共用的 ${shared} 个对话中，别人的话和图片会保留。`] : []),
    ].join(''),
  rules:
    '会保留的：今天计入的任务数（不含姓名），到后天为止；如果管理员禁用了你，名单中会有你的 ID。聊天平台上的消息请在平台上删除。',
  howTo: '确认删除：/forget --confirm yes',
  nothing: '这里没有保存关于你的数据。',
  button: '全部删除',
  done: ({ turns, pictures, jobs }) => `已删除：${turns} 条消息、${pictures} 张图片、${jobs} 个任务。`,
}

export const settingsScopes: Sentences['settingsScopes'] = {
  title: '此处生效的设置：',
  none: '全部使用默认设置。',
  line: ({ name, value, from }) => `${name}：${value}（${from}）`,
  from: { bot: '默认', person: '你的设置', channel: '此频道', thread: '此对话' },
  changed: {
    thread: '已为此对话设置。',
    channel: '已为此频道设置。',
    person: '已为你设置，适用于没有另行设置的所有对话。',
  },
  howTo: '用 /settings --steps 20 更改；--for thread、channel 或 person 指定适用范围；/settings reset 清除。',
}

export const exported: Sentences['exported'] = {
  ready: ({ pictures, name }) => `此对话，含 ${pictures} 张图片：${name}`,
  withoutPictures: (limitMiB) =>
    `连同图片，此对话超过了这里能发送的 ${limitMiB} MiB；附上其余内容：文字和配方。图片可以逐张保存。`,
  onPage: '可通过对话菜单中的“导出”，或 GET /api/threads/ID/export 取得此对话。',
}
