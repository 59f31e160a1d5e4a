import { expect, it } from 'vitest'
import { statusLines } from '../../src/cli/status-lines.ts'
import type { ResidentModel } from '../../src/contract/inference.ts'
import type { BotStatus } from '../../src/contract/status.ts'

const MiB = 2 ** 20
const now = 1_000_000

const base: ResidentModel = {
  role: 'mllm',
  name: 'seven',
  device: 'cpu',
  bytes: 4000 * MiB,
  estimatedBytes: 5000 * MiB,
  loaded: true,
  users: 2,
  lastUsedAt: now,
  pinned: true,
}
const kept = { conversations: 12, conversationBytes: 700 * MiB, pictures: 3, pictureBytes: 27 * MiB }
const talker: ResidentModel = { ...base, kept }
const painter: ResidentModel = { ...base, role: 't2i', name: 'xl', users: 0, lastUsedAt: now - 90_000, pinned: false }
const mender: ResidentModel = {
  ...base,
  role: 'restore',
  name: 'rir',
  loaded: false,
  bytes: 0,
  users: 1,
  pinned: false,
}

const statusWith = (inference: Partial<BotStatus['inference']>): BotStatus => ({
  version: '1',
  startedAt: 0,
  draining: false,
  jobs: { queued: 0, running: 0, posting: 0 },
  lanes: { chat: { places: 1, running: 0, waiting: 0 }, draw: { places: 1, running: 0, waiting: 0 } },
  adapters: {},
  inference: {
    worker: 'ready',
    device: 'cpu',
    restarts: 0,
    running: 0,
    resident: [],
    processBytes: 900 * MiB,
    ...inference,
  },
})

it('says what is in memory, why, and how much of the budget it takes', () => {
  const lines = statusLines(statusWith({ resident: [painter, talker, mender], budgetBytes: 16000 * MiB }), now)
  expect(lines.slice(-5)).toEqual([
    'models: worker ready on cpu, 0 restarts, 3 loaded, counted as 15000 MiB of 16000 MiB, process 900 MiB',
    '  t2i xl on cpu: 4000 MiB of weights, with its work about 5000 MiB; last used 90 s ago',
    '  mllm seven on cpu: 4000 MiB of weights, with its work about 5000 MiB; in use by 2, pinned',
    '    keeps 12 conversations (700 MiB) and 3 pictures (27 MiB) for the next turns',
    '  restore rir on cpu: 0 MiB of weights, with its work about 5000 MiB; loading',
  ])
})

it('says that nothing is loaded, and that there is no limit', () => {
  expect(statusLines(statusWith({}), now).at(-1)).toBe(
    'models: worker ready on cpu, 0 restarts, none loaded, without a limit, process 900 MiB',
  )
})

it('says what each device may hold where there are several', () => {
  const device = 'cuda (chat) and cuda:1 (pictures)'
  const budgets = { cuda: 11000 * MiB, 'cuda:1': 22000 * MiB }
  const resident = [{ ...painter, device: 'cuda:1' }]
  expect(statusLines(statusWith({ device, resident, budgets }), now).slice(-2)).toEqual([
    'models: worker ready on cuda (chat) and cuda:1 (pictures), 0 restarts, 1 loaded, at most 11000 MiB on cuda and 22000 MiB on cuda:1, process 900 MiB',
    '  t2i xl on cuda:1: 4000 MiB of weights, with its work about 5000 MiB; last used 90 s ago',
  ])
})
