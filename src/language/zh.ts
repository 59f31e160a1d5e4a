import type { Sentences } from './sentences.ts'
import { answers } from './zh/answers.ts'
import { commands } from './zh/commands.ts'
import { controls, routes } from './zh/controls.ts'
import { discord } from './zh/discord.ts'
import { errors } from './zh/errors.ts'
import { admin, exported, forget, settingsScopes } from './zh/people.ts'
import { refusals } from './zh/refusals.ts'
import { asked, replies } from './zh/replies.ts'
import { safety } from './zh/safety.ts'
import { slack } from './zh/slack.ts'

/** Chinese (simplified). */
export const zh: Sentences = {
  progress: {
    queued: (position) => (position <= 1 ? '下一个就是你' : `排在第 ${position} 位`),
    thinking: '思考中…',
    gettingReady: '准备绘制…',
    drawing: (step, steps) => `绘制中，第 ${step}/${steps} 步`,
    ofPictures: (image, images) => `第 ${image}/${images} 张`,
    elapsed: (seconds) => `${seconds} 秒`,
    remaining: (seconds) => `大约还需 ${seconds} 秒`,
  },
  chat: {
    understoodAs: (route) => `理解为：${route}`,
    promptBefore: '原来的画面',
    promptAfter: '想要的画面',
    reduced: '为符合此处的大小限制，图片已缩小显示。',
    sensitive: '这张图片可能不适合在工作场合查看。',
    more: '更多…',
    menu: {
      again: '再来一张…',
      edit: '更多修改…',
      extend: '扩展…',
      thread: '对话…',
      about: '信息…',
    },
    undeliverable: '无法在此处发布回答。',
  },
  commands,
  controls,
  routes,
  replies,
  asked,
  answers,
  discord,
  errors,
  refusals,
  admin,
  forget,
  settingsScopes,
  exported,
  safety,
  slack,
}
