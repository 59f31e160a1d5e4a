import { homedir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { editEngines } from '../src/contract/inference.ts'
import { languages } from '../src/contract/language.ts'
import { precisions } from '../src/contract/precision.ts'
import {
  choice,
  device,
  flag,
  folder,
  ids,
  model,
  names,
  optionalModel,
  platformSecret,
  platformUrl,
  text,
  whole,
  type SettingMeta,
} from './setting-types.ts'

/** Variables of the process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

const gpuPrecisions = ['auto', 'fp32', 'fp16'] as const
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const pressers = ['author', 'admins', 'all'] as const
const nsfwPolicies = ['off', 'blur', 'block'] as const

const tokenPattern = /^(?:[\w.-]{1,40}=)?[\w.~-]{8,}$/

/** One access token, with the person that it stands for where it has a name. */
export interface AccessToken {
  readonly name?: string
  readonly token: string
}

/** `token` or `ann=token1,bob=token2`. */
const accessTokens = z
  .string()
  .transform((list) => list.split(',').map((entry) => entry.trim()))
  .refine((entries) => entries.every((entry) => tokenPattern.test(entry)))
  .transform((entries): readonly AccessToken[] => entries.map(parseToken))
  .refine((tokens) => new Set(tokens.map(({ name }) => name)).size === tokens.length)
  .meta({
    description: 'Secret that the page asks for when it is not bound to localhost; made and printed when absent.',
    allowed: 'a token of at least 8 letters, digits, or -._~; or one for each person: ann=TOKEN,bob=TOKEN',
    secret: true,
  })

function parseToken(entry: string): AccessToken {
  const at = entry.indexOf('=')
  return at < 0 ? { token: entry } : { name: entry.slice(0, at), token: entry.slice(at + 1) }
}

const publicUrl = z.url({ protocol: /^https?$/ }).meta({
  description: 'Address under which the server is reached from outside, for links and for the Origin check.',
  allowed: 'an http or https URL',
})

/** Folders of the person who runs the program, by the habits of the platform (XDG on Linux). */
export function userFolders(env: Environment, platform: NodeJS.Platform = process.platform) {
  const home = env['HOME'] ?? homedir()
  const hub = hubFolder(env, home)
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'] ?? path.join(home, 'AppData', 'Local')
    return { data: path.join(local, 'llmga', 'data'), cache: path.join(local, 'llmga', 'cache'), hub }
  }
  if (platform === 'darwin')
    return {
      data: path.join(home, 'Library', 'Application Support', 'llmga'),
      cache: path.join(home, 'Library', 'Caches', 'llmga'),
      hub,
    }
  const xdg = (name: string, fallback: string) =>
    path.join(env[name]?.startsWith('/') ? env[name] : path.join(home, fallback), 'llmga')
  return { data: xdg('XDG_DATA_HOME', '.local/share'), cache: xdg('XDG_CACHE_HOME', '.cache'), hub }
}

/** Where every tool of the Hugging Face hub keeps downloads, by its own rule; HF_HUB_CACHE is read as a setting. */
function hubFolder(env: Environment, home: string): string {
  const root = env['HF_HOME'] || path.join(env['XDG_CACHE_HOME'] || path.join(home, '.cache'), 'huggingface')
  return path.join(root.replace(/^~(?=[/\\]|$)/, home), 'hub')
}

const snowflake = /^\d{1,21}$/
const snowflakes = (description: string) =>
  ids(snowflake, description, 'ids as Developer Mode copies them (digits), separated by commas')

const discord = {
  discordToken: platformSecret(
    'DISCORD_TOKEN',
    /^[\w.-]{8,}$/,
    'Token of the Discord bot; without it Discord is not started.',
    'the token that "Reset Token" on the page "Bot" of the application shows',
  ).optional(),
  discordApiUrl: platformUrl(
    'DISCORD_API_URL',
    '',
    "Discord's REST interface; the gateway's address comes from it.",
  ).default('https://discord.com/api'),
  discordCdnUrl: platformUrl('DISCORD_CDN_URL', '', "Where Discord's files lie.").default('https://cdn.discordapp.com'),
  discordMessageContent: flag(
    'Ask for the privileged Message Content intent: replies in threads are read without a mention.',
  ).default(false),
  discordServers: snowflakes('Servers in which the bot answers; none listed: all that invited it.').default([]),
  discordChannels: snowflakes('Channels in which the bot answers; none listed: all that it sees.').default([]),
  discordRoles: snowflakes('Roles whose members may use the bot; none listed: everybody.').default([]),
}

const slack = {
  slackBotToken: platformSecret(
    'SLACK_BOT_TOKEN',
    /^xoxb-[\w-]{8,}$/,
    'Bot token of the Slack app; without it Slack is not started.',
    'a token that begins with xoxb- (page "OAuth & Permissions")',
  ).optional(),
  slackAppToken: platformSecret(
    'SLACK_APP_TOKEN',
    /^xapp-[\w-]{8,}$/,
    'App-level token for Socket Mode, which needs no public address.',
    'a token that begins with xapp- (page "Basic Information", scope connections:write)',
  ).optional(),
  slackSigningSecret: platformSecret(
    'SLACK_SIGNING_SECRET',
    /^[\w-]{8,}$/,
    'Signing secret for events over HTTP at /slack/events.',
    'the secret of the page "Basic Information"',
  ).optional(),
  slackApiUrl: platformUrl('SLACK_API_URL', '/', "Slack's Web API.").default('https://slack.com/api/'),
  slackChannels: ids(
    /^[CDG][A-Z0-9]{2,}$/,
    'Channels in which the bot answers; none listed: all that it was invited to.',
    'channel ids such as C0123ABCD, separated by commas',
  ).default([]),
}

/** Where models are downloaded from, and where they are kept: the names that all tools of the Hugging Face hub read. */
const hub = (cache: string) => ({
  hubEndpoint: platformUrl('HF_ENDPOINT', '', 'The hub that models are downloaded from, or a mirror of it.').default(
    'https://huggingface.co',
  ),
  hubToken: platformSecret(
    'HF_TOKEN',
    /^[\w.-]{8,}$/,
    'Token for models behind a gate; it is sent to HF_ENDPOINT and nowhere else.',
    'a token of the page Settings, Access Tokens (hf_...)',
  ).optional(),
  hubCache: text({
    description: 'Downloaded models, in the layout that all tools of the hub share.',
    allowed: 'a folder',
    variable: 'HF_HUB_CACHE',
    path: true,
  }).default(cache),
  hubOffline: z
    .union([z.boolean(), z.stringbool({ truthy: ['true', 'yes', 'on', '1'], falsy: ['false', 'no', 'off', '0'] })])
    .meta({ description: 'Download nothing.', allowed: 'true or false', variable: 'HF_HUB_OFFLINE' })
    .default(false),
  hubHosts: names({
    description: 'Further hosts from which HF_ENDPOINT may send files; those of huggingface.co and hf.co are known.',
    allowed: 'host names, separated by commas',
  }).default([]),
})

/** Who may do what, and how much. */
const policy = {
  language: choice(languages, "Language where neither a person's words nor their platform tell another.").default('en'),
  press: choice(pressers, "Who may press the buttons of somebody's reply in a shared thread.").default('author'),
  nsfw: choice(nsfwPolicies, 'What happens to pictures that are found not safe for work.').default('blur'),
  safety: optionalModel('The model that finds such pictures; default: that of the t2i preset.').optional(),
  blockedWords: text({
    description: 'File of words and phrases that no prompt may have; default: the short list that comes with the bot.',
    allowed: 'a text file with one word or phrase a line; an empty one blocks nothing',
    path: true,
  }).optional(),
  limitQueuePerPerson: whole(1, 1000, 'Jobs of one person that may wait or run at once.').default(8),
  limitJobsPerPersonDay: whole(0, 1_000_000, 'Jobs of one person in 24 hours; 0 is no limit.').default(0),
  limitJobsPerServer: whole(0, 1_000_000, 'Jobs of one server that may wait or run at once; 0 is no limit.').default(0),
  limitJobsPerServerDay: whole(0, 1_000_000, 'Jobs of one server in 24 hours; 0 is no limit.').default(0),
  limitUploadBytes: whole(1024, 1 << 30, 'Largest uploaded file.').default(20 << 20),
  limitPixels: whole(4096, 1 << 30, 'Largest uploaded picture, in pixels.').default(50_000_000),
  limitMessageLength: whole(1, 1_000_000, 'Longest message, in characters.').default(8000),
}

const operations = {
  logLevel: choice(logLevels, 'How much the log says (on stderr).').default('info'),
  logPrompts: flag("Whether people's words stand in the log (at the level debug).").default(false),
  metrics: choice(
    ['local', 'off'],
    'Whether /metrics and /status answer to this machine and to the page token.',
  ).default('local'),
  drainSeconds: whole(0, 3600, 'How long an orderly stop waits for the jobs that run.').default(20),
  keepDays: whole(0, 36_500, 'Days after which threads that nobody touched are deleted; 0 keeps them.').default(0),
}

/** The one schema of everything that a person may set. A key `httpPort` is LLMGA_HTTP_PORT in the environment. */
export function configSchema(folders: { readonly data: string; readonly cache: string; readonly hub: string }) {
  return z.object({
    dataDir: folder('Threads, pictures and jobs are kept here.').default(folders.data),
    modelsDir: folder('Extra folder in which names of models and presets are looked up.').optional(),
    cacheDir: folder('Optimised graphs and file hashes; safe to delete.').default(folders.cache),
    ...hub(folders.hub),
    device: device('What computes; auto takes the best that works.').default('auto'),
    mllmDevice: device('What computes the language model and what it sees; default: the device.').optional(),
    pictureDevice: device(
      'What computes pictures (drawing, filling in, mending, checks); default: the device.',
    ).optional(),
    gpuPrecision: choice(
      gpuPrecisions,
      'What models compute in on a GPU, never on the CPU; auto is fp32 until fp16 was measured on a card.',
    ).default('auto'),
    threads: whole(0, 512, 'Threads of the CPU device; 0 takes one for each core.').default(0),
    mllm: model('The multimodal language model.').default('llmga-tiny'),
    mllmPrecision: choice(
      precisions,
      'How the language model is held in memory; auto: as its preset says, else int8 or int4 for large ones.',
    ).default('auto'),
    t2i: model('The model that draws.').default('llmga-tiny'),
    inpaint: optionalModel(
      'The model that fills in and extends pictures; default: that of the t2i preset, else t2i itself.',
    ).optional(),
    restore: optionalModel('The model that mends seams and enlarges; default: that of the t2i preset.').optional(),
    models: names({
      description: 'Models that threads may choose beside those in force.',
      allowed: 'names of presets or folders, separated by commas; all stands for every preset whose files are there',
    }).default([]),
    memoryLimit: whole(
      0,
      1 << 24,
      'MiB that models may take on each device; 0 takes three quarters of the memory (of a GPU nine tenths).',
    ).default(0),
    chatMemory: whole(
      0,
      1 << 24,
      'MiB in which the language model keeps what it has read, for the next turns; 0 takes an eighth of the memory for models.',
    ).default(0),
    keepLoaded: names({
      description: 'Roles whose models leave memory only where nothing else can.',
      allowed: 'mllm, t2i, inpaint, restore, safety, separated by commas',
    })
      .pipe(z.array(z.enum(['mllm', 't2i', 'inpaint', 'restore', 'safety'])))
      .meta({
        description: 'Roles whose models leave memory only where nothing else can.',
        allowed: 'mllm, t2i, inpaint, restore, safety, separated by commas',
      })
      .default([]),
    editEngine: choice(editEngines, 'How pictures are edited by words.').default('direct-inversion-p2p'),
    httpHost: text({
      description: 'Address that the page is bound to; anything but localhost asks for a token.',
      allowed: 'a host name or an address',
    }).default('127.0.0.1'),
    httpPort: whole(0, 65535, 'Port of the page; 0 takes a free one.').default(7860),
    httpToken: accessTokens.optional(),
    publicUrl: publicUrl.optional(),
    ...discord,
    ...slack,
    ...policy,
    ...operations,
  })
}

export type Config = z.infer<ReturnType<typeof configSchema>>
export type ConfigKey = keyof Config

/** One key of the schema with what is said about it. */
export interface Setting extends SettingMeta {
  readonly key: ConfigKey
  /** LLMGA_HTTP_PORT */
  readonly variable: string
  /** --http-port; undefined for what is read from the environment only. */
  readonly flag: string | undefined
}

const words = (key: string) => key.replace(/[A-Z](?=[a-z])/g, (letter) => `_${letter}`)

/** All settings in the order of the schema. */
export function settingsOf(schema: ReturnType<typeof configSchema>): readonly Setting[] {
  return Object.entries(schema.shape).map(([key, type]) => {
    const meta = type.def.innerType.meta() as unknown as SettingMeta
    return {
      ...meta,
      key: key as ConfigKey,
      variable: meta.variable ?? `LLMGA_${words(key).toUpperCase()}`,
      flag: meta.environmentOnly ? undefined : `--${words(key).toLowerCase().replaceAll('_', '-')}`,
    }
  })
}
