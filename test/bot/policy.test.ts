import { describe, expect, it } from 'vitest'
import { defaultPolicy, mergePolicies } from '../../src/bot/policy/policy.ts'
import { usageDay } from '../../src/conversation/usage.ts'
import { ann, bo, controlOf, imagesOf, partsOf, until } from '../support/bot-harness.ts'
import { placeOf, root, useSharedHarness } from './shared-harness.ts'

const { start, say, ask, press, told, key, drawings } = useSharedHarness()
const denied = { code: 'access/denied' }
const limited = { code: 'access/limit', retryable: true }
const slow = { script: { stepMs: 5, steps: 1000, reply: () => 'yes' } }

describe('the rules of a place', () => {
  it('are those of the channel, else of the server, else of the bot; bans add up', () => {
    const base = { ...defaultPolicy, press: 'all' } as const
    expect(mergePolicies(base)).toEqual(base)
    const server = { press: 'admins', paused: true, bannedPeople: ['x'], limits: { jobsPerServer: 3 } } as const
    const channel = { nsfw: 'block', paused: false, bannedPeople: ['y'], limits: { jobsPerPerson: 1 } } as const
    expect(mergePolicies(base, server, channel)).toEqual({
      press: 'admins',
      nsfw: 'block',
      paused: false,
      drained: false,
      bannedPeople: ['x', 'y'],
      limits: { jobsPerServer: 3, jobsPerPerson: 1 },
    })
  })
})

describe('a shared thread', () => {
  it('is read and spoken in by everybody who sees it', async () => {
    const { bot } = await start()
    const image = imagesOf(await ask('draw a fox'))[0]!
    const reply = await ask('make it blue', bo)
    expect((await bot.readThread(key, bo))!.state.owner.id).toBe('ann')
    expect(await bot.readBlob(key, bo, image.sha256)).toBeInstanceOf(Uint8Array)
    expect((await bot.readReply(key, bo, reply.jobId))!.author.id).toBe('bo')
    await expect(bot.deleteThread(key, bo)).rejects.toMatchObject(denied)
  })

  it('lets those press who asked, who began it, and admins; everybody or admins alone where admins say so', async () => {
    await start()
    const first = imagesOf(await ask('draw a fox'))[0]!
    const second = imagesOf(await ask('draw an owl', bo))[0]!
    await expect(press(`redo:${first.imageId}`, bo)).rejects.toMatchObject({
      ...denied,
      message: expect.stringMatching(/asked for it/) as string,
    })
    await expect(press(`delete:${first.imageId}`, bo)).rejects.toMatchObject(denied)
    await expect(say('/settings --steps 4', bo)).rejects.toMatchObject(denied)
    for (const who of [bo, ann, root])
      expect(await press(`restore:${second.imageId}:1`, who)).toMatchObject({ type: 'accepted' })
    await say('/admin press all', root)
    expect(await press(`restore:${first.imageId}:1`, bo)).toMatchObject({ type: 'accepted' })
    await say('/admin press admins --for channel', root)
    await expect(press(`restore:${first.imageId}:1`, ann)).rejects.toMatchObject(denied)
    expect(await press(`restore:${first.imageId}:1`, root)).toMatchObject({ type: 'accepted' })
  })

  it('lets nobody take back or stop by word what others asked for', async () => {
    const harness = await start()
    await ask('draw an owl', bo)
    await ask('draw a fox', ann, placeOf('u'))
    await ask('hello', bo, placeOf('u'))
    await say('/undo', bo, placeOf('u'))
    await expect(say('/undo', bo, placeOf('u'))).rejects.toMatchObject(denied)
    await harness.stop()
  })

  it('stops one’s own jobs alone, unless one began the thread', async () => {
    const harness = await start(slow)
    const hers = await say('/imagine a fox --raw')
    await until(() => drawings().length === 1)
    await expect(say('/cancel', bo)).rejects.toMatchObject(denied)
    const his = await say('/imagine an owl --raw', bo)
    const [herJob, hisJob] = [hers, his].map((one) => (one.type === 'accepted' ? one.jobId : ''))
    await expect(press(`cancel:${herJob}`, bo)).rejects.toMatchObject(denied)
    expect(await press(`cancel:${hisJob}`, bo)).toEqual({ type: 'done' })
    await say('/imagine an owl --raw', bo)
    expect(await say('/cancel', ann)).toEqual({ type: 'done' })
    await until(async () => (await harness.inference.status()).running === 0)
    expect((await harness.ended(hers)).state).toBe('cancelled')
  })
})

describe('limits', () => {
  it('by day end a person’s and a server’s jobs, and say when it goes on', async () => {
    const { stores } = await start({ limits: { jobsPerPersonDay: 2, jobsPerServerDay: 3 } })
    await ask('one')
    await ask('two', ann, placeOf('x', 'c', 'other'))
    await expect(say('three')).rejects.toMatchObject({
      ...limited,
      hint: expect.stringMatching(/00:00 UTC, in \d+ (minute|hour)/) as string,
    })
    await ask('one', bo)
    await ask('two', root)
    await expect(say('three', bo)).rejects.toMatchObject({ message: expect.stringMatching(/this server/) as string })
    await ask('elsewhere', bo, placeOf('x', 'c', 'other'))
    const rows = await stores.tables.usage.list(usageDay(Date.now()))
    expect(rows.filter(({ value }) => !value.person).map(({ value }) => value.jobs)).toEqual([3, 2])
  })

  it('at once hold for a server, never pass by two at the same time, and can be set by admins', async () => {
    await start({ ...slow, limits: { jobsPerServer: 2 } })
    const many = ['a', 'b', 'c', 'd'].map((id) => say('/imagine x --raw', { id, name: id }, placeOf(id)))
    const ends = await Promise.allSettled(many)
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: limited })
    await say('/admin limits --server-jobs 3 --jobs 1', root)
    await say('/imagine x --raw', bo, placeOf('e'))
    await expect(say('/imagine x --raw', bo, placeOf('f'))).rejects.toMatchObject(limited)
  })
})

describe('admins', () => {
  it('alone may do what /admin does, said in words or by options', async () => {
    await start()
    await expect(say('/admin status')).rejects.toMatchObject(denied)
    expect(await told('/admin', root)).toMatch(/takes jobs[^]*buttons: author[^]*not safe for work: off/)
    const command = { name: 'admin', options: { action: 'nsfw', value: 'block', for: 'server' } } as const
    expect(await say('', root, key, { command })).toMatchObject({ type: 'answered' })
    await say('/admin nsfw blur', root)
    expect(await told('/admin status', root)).toMatch(/not safe for work: blur/)
    expect(await told('/admin status', root, placeOf('t', 'elsewhere'))).toMatch(/not safe for work: block/)
    await expect(say('/admin nsfw maybe', root)).rejects.toMatchObject({ code: 'input/invalid-option' })
    await expect(say('/admin ban', root)).rejects.toMatchObject({ code: 'input/empty' })
    await expect(say('/admin dance', root)).rejects.toMatchObject({ code: 'input/invalid-option' })
  })

  it('pause: nothing new is taken, what runs goes on, and what waits begins when they resume', async () => {
    const harness = await start({ script: { stepMs: 5, steps: 40 } })
    const running = await say('/imagine one --raw')
    await until(() => drawings().length === 1)
    const waiting = await say('/imagine two --raw', bo, placeOf('u'))
    expect(await told('/admin pause', root)).toMatch(/Paused/)
    await expect(say('three', bo)).rejects.toMatchObject(limited)
    expect(await told('/help', bo)).toMatch(/imagine/)
    expect((await harness.ended(running)).state).toBe('done')
    await ask('elsewhere', ann, placeOf('v', 'c', 'other'))
    expect(drawings().filter(({ prompt }) => prompt === 'two')).toEqual([])
    await say('/admin resume', root)
    expect((await harness.ended(waiting)).state).toBe('done')
  })

  it('drain: what waits is finished, nothing new is taken', async () => {
    const harness = await start({ script: { stepMs: 2, steps: 20 } })
    const jobs = [await say('/imagine one --raw'), await say('/imagine two --raw', bo, placeOf('u'))]
    expect(await told('/admin drain', root)).toMatch(/1 running and 1 waiting|0 running and 2 waiting/)
    await expect(say('three')).rejects.toMatchObject(limited)
    for (const job of jobs) expect((await harness.ended(job)).state).toBe('done')
  })

  it('ban a person: what they had going on ends, and they may only be forgotten', async () => {
    const harness = await start(slow)
    const his = await say('/imagine x --raw', bo)
    await until(() => drawings().length === 1)
    await say('/admin ban <@bo>', root)
    expect((await harness.ended(his)).state).toBe('cancelled')
    await expect(say('hello', bo)).rejects.toMatchObject(denied)
    expect(await told('/forget', bo)).toMatch(/Kept of you/)
    await ask('hello', bo, placeOf('x', 'c', 'other'))
    await say('/admin unban bo', root)
    await ask('hello', bo)
  })

  it('see who has used what today', async () => {
    await start()
    await ask('/imagine a fox --count 2 --raw')
    await ask('hello', bo, placeOf('x', 'c', 'other'))
    const usage = await told('/admin usage', root)
    expect(usage).toMatch(/Ann \(ann\): 1 job, 2 pictures/)
    expect(usage).not.toMatch(/Bo/)
    expect(await told('/admin usage', root, placeOf('x', 'c', 'empty'))).toMatch(/Nobody/)
  })
})

describe('settings', () => {
  it('hold for a person below a channel’s below a thread’s, and show where each comes from', async () => {
    await start({ defaults: { guidanceScale: 2 } })
    await say('/settings --for me --steps 7 --count 2')
    await expect(say('/settings --for channel --steps 8')).rejects.toMatchObject(denied)
    await say('/settings --scope channel --steps 8', root)
    await say('/settings --sampler euler')
    const shown = await told('/settings')
    expect(shown).toMatch(/guidance: 2 \(usual\)/)
    expect(shown).toMatch(/steps: 8 \(this channel\)/)
    expect(shown).toMatch(/count: 2 \(yours\)/)
    expect(shown).toMatch(/sampler: Euler|sampler: euler/i)
    await ask('/imagine a fox --raw')
    await ask('/imagine a fox --raw', ann, placeOf('t', 'elsewhere'))
    await ask('/imagine a fox --raw', bo, placeOf('u'))
    expect(drawings()).toMatchObject([
      { steps: 8, count: 2, sampler: 'euler', guidanceScale: 2 },
      { steps: 7, count: 2 },
      { steps: 8, count: 1 },
    ])
    await say('/settings reset --for person')
    expect(await told('/settings')).not.toMatch(/yours/)
  })

  it('hide pictures until they are pressed, by setting, by option, and along what is made of them', async () => {
    await start()
    expect(imagesOf(await ask('/imagine a fox --raw'))[0]!.spoiler).toBeUndefined()
    const hidden = await ask('/imagine a fox --raw --spoiler')
    expect(imagesOf(hidden)[0]!.spoiler).toBe(true)
    expect(imagesOf(await ask('/restore'))[0]!.spoiler).toBe(true)
    await say('/settings --spoiler')
    expect(imagesOf(await ask('/imagine an owl --raw', bo))[0]!.spoiler).toBe(true)
  })

  it('say the language; else the words do, the person’s platform, and the bot', async () => {
    const harness = await start({ language: 'en' })
    const languageOf = async (text: string, extra = {}, where = key) =>
      (await harness.ended(await say(text, ann, where, extra))).language
    expect(await languageOf('hello')).toBe('en')
    expect(await languageOf('你好')).toBe('zh')
    expect(await languageOf('hello', { locale: 'zh-CN' })).toBe('zh')
    await say('/settings --language zh --for me')
    expect(await languageOf('hello', { locale: 'en-US' })).toBe('zh')
    await say('/settings --language en')
    expect(await languageOf('你好')).toBe('en')
  })
})

describe('answers at once', () => {
  it('are private and make no turn', async () => {
    const { bot } = await start()
    const reply = await ask('draw a fox')
    const before = (await bot.readThread(key, ann))!.state
    for (const text of ['/help', '/settings', '/recipe', '/forget']) expect(await told(text)).not.toBe('')
    expect(await press(controlOf(reply, 'Recipe').actionId)).toMatchObject({ type: 'answered' })
    expect((await bot.readThread(key, ann))!.state).toEqual(before)
    expect(partsOf(reply, 'text')).toHaveLength(1)
  })
})
