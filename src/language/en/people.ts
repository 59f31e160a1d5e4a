/** The singular or plural of a count. */
const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`

interface UsageLine {
  readonly name: string
  readonly id: string
  readonly jobs: number
  readonly pictures: number
  readonly seconds: number
}

/** Answers to /admin. */
export const admin = {
  place: { server: 'this server', channel: 'this channel' },
  paused: (place: string) => `Paused in ${place}: nothing new is taken and nothing begins; what runs goes on.`,
  resumed: (place: string) => `Resumed in ${place}.`,
  drained: ({
    place,
    running,
    waiting,
  }: {
    readonly place: string
    readonly running: number
    readonly waiting: number
  }) => `Drained in ${place}: nothing new is taken; ${running} running and ${waiting} waiting are finished.`,
  banned: (person: string) => `${person} may not use the bot here any more; what they had going on is stopped.`,
  unbanned: (person: string) => `${person} may use the bot here again.`,
  nsfw: ({ place, rule }: { readonly place: string; readonly rule: string }) =>
    `Pictures that are found not safe for work, in ${place}: ${rule}.`,
  press: ({ place, rule }: { readonly place: string; readonly rule: string }) =>
    `Who may press the buttons of somebody's reply, in ${place}: ${rule}.`,
  limits: (place: string) => `Limits set for ${place}.`,
  usageTitle: (day: string) => `Usage of this server on ${day} (UTC):`,
  usageLine: ({ name, id, jobs, pictures, seconds }: UsageLine) =>
    `${name} (${id}): ${count(jobs, 'job', 'jobs')}, ${count(pictures, 'picture', 'pictures')}, ${seconds} s`,
  usageTotal: ({ jobs, pictures, seconds }: Omit<UsageLine, 'name' | 'id'>) =>
    `Together: ${count(jobs, 'job', 'jobs')}, ${count(pictures, 'picture', 'pictures')}, ${seconds} s`,
  noUsage: (day: string) => `Nobody has used the bot here on ${day} (UTC) yet.`,
  status: {
    title: 'The bot in this channel:',
    takes: { yes: 'takes jobs', paused: 'is paused', drained: 'finishes what it has and takes nothing new' },
    jobs: ({ running, waiting }: { readonly running: number; readonly waiting: number }) =>
      `${running} running, ${waiting} waiting in this server`,
    press: (rule: string) => `buttons: ${rule}`,
    nsfw: (rule: string) => `not safe for work: ${rule}`,
    banned: (people: string) => `banned: ${people}`,
    nobody: 'nobody',
    limits: (limits: string) => `limits: ${limits}`,
    noLimit: 'none',
    limitNames: {
      jobsPerPerson: 'jobs of one person at once',
      jobsPerPersonDay: 'jobs of one person in a day',
      jobsPerServer: 'jobs of the server at once',
      jobsPerServerDay: 'jobs of the server in a day',
    },
  },
}

interface Kept {
  readonly turns: number
  readonly pictures: number
  readonly jobs: number
  readonly threads: number
  readonly shared: number
}

/** Answers to /forget. */
export const forget = {
  summary: ({ turns, pictures, jobs, threads, shared }: Kept) =>
    [
      `Kept of you: ${count(turns, 'message', 'messages')}, ${count(pictures, 'picture', 'pictures')} and ${count(jobs, 'job', 'jobs')} in ${count(threads + shared, 'thread', 'threads')}.`,
      'All of it will be deleted, with your settings and the answers that you got; what still runs for you is stopped. It cannot be undone.',
      ...(threads > 0 ? [`${count(threads, 'thread', 'threads')} of yours alone will be gone.`] : []),
      ...(shared > 0
        ? [
            `In ${count(shared, 'thread that others share', 'threads that others share')} what they said and drew stays.`,
          ]
        : []),
    ].join(' '),
  rules:
    'What stays: how many jobs were counted today, without your name, until the day after tomorrow; and if an admin has banned you, your id in their list. Messages that stand in the chat itself are deleted there.',
  howTo: 'To do it: /forget --confirm yes',
  nothing: 'Nothing is kept of you here.',
  button: 'Delete everything',
  done: ({ turns, pictures, jobs }: Pick<Kept, 'turns' | 'pictures' | 'jobs'>) =>
    `Deleted: ${count(turns, 'message', 'messages')}, ${count(pictures, 'picture', 'pictures')}, ${count(jobs, 'job', 'jobs')}.`,
}

/** Answers to /settings. */
export const settingsScopes = {
  title: 'Settings in force here:',
  none: 'Everything is as the bot usually does it.',
  line: ({ name, value, from }: { readonly name: string; readonly value: string; readonly from: string }) =>
    `${name}: ${value} (${from})`,
  from: { bot: 'usual', person: 'yours', channel: 'this channel', thread: 'this thread' },
  changed: {
    thread: 'Set for this thread.',
    channel: 'Set for this channel.',
    person: 'Set for you, in every thread that does not say otherwise.',
  },
  howTo:
    'Change them with /settings --steps 20; --for thread, channel or person says for whom; /settings reset clears.',
}

/** Answers to /export. */
export const exported = {
  ready: ({ pictures, name }: { readonly pictures: number; readonly name: string }) =>
    `This thread with ${count(pictures, 'picture', 'pictures')}: ${name}`,
  withoutPictures: (limitMiB: number) =>
    `With its pictures this thread is larger than the ${limitMiB} MiB that can be sent here; this is the rest: text and recipes. The pictures can be saved one by one.`,
  onPage: 'On the page, Export in the thread’s menu hands it over; scripts get it at GET /api/threads/ID/export.',
}
