import { contentOf, threadOf } from './methods-chat.ts'
import { fileToSlack, sniff } from './files.ts'
import { asList, asText, jsonArg, SlackRefusal, textArg, type Args } from './json.ts'
import { broadcast, channelOf } from './messages.ts'
import type { Method, MethodContext } from './methods.ts'
import { addMessage, type SlackFile, type SlackState } from './state.ts'

/** Uploading in three steps, and what becomes of the files. */
export const fileMethods: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal'(args, { state, base }) {
    const name = textArg(args, 'filename') ?? ''
    const declaredBytes = Number(textArg(args, 'length'))
    if (name === '' || !Number.isInteger(declaredBytes) || declaredBytes <= 0)
      throw new SlackRefusal('invalid_arguments', ['[ERROR] missing required field: filename, length'])
    const altText = textArg(args, 'alt_txt') ?? ''
    if (altText.length > 1000) throw new SlackRefusal('alt_txt_too_large')
    const team = [...state.teams.keys()][0]!
    const file: SlackFile = {
      ...{ id: state.id('F'), teamId: team, user: state.botUserId, name, title: name, altText, declaredBytes },
      ...{ bytes: undefined, mimetype: '', pollsLeft: undefined, channels: new Set<string>(), deleted: false },
    }
    state.files.set(file.id, file)
    return { upload_url: `${base}/upload/v1/${file.id}`, file_id: file.id }
  },
  'files.completeUploadExternal'(args, context) {
    const { state, filePolls } = context
    const wanted = asList(jsonArg(args, 'files'))
    if (wanted.length === 0) throw new SlackRefusal('invalid_arguments')
    const files = wanted.map((one) => {
      const file = state.files.get(asText(one['id']))
      if (!file || file.deleted || file.bytes === undefined) throw new SlackRefusal('file_not_found')
      file.title = asText(one['title']) || file.name
      file.mimetype = sniff(file.bytes)
      file.pollsLeft = filePolls
      return file
    })
    if (args['channel_id'] !== undefined) share(files, args, context)
    return { files: files.map((file) => fileToSlack(file, context)) }
  },
  'files.info'(args, context) {
    const file = fileOf(args, context.state)
    const told = fileToSlack(file, context)
    if (file.pollsLeft !== undefined && file.pollsLeft > 0) file.pollsLeft--
    return { file: told, comments: [] }
  },
  'files.list'(args, context) {
    const channel = textArg(args, 'channel')
    const user = textArg(args, 'user')
    const found = [...context.state.files.values()].filter(
      (file) =>
        !file.deleted &&
        file.pollsLeft !== undefined &&
        (channel === undefined || file.channels.has(channel)) &&
        (user === undefined || file.user === user),
    )
    return {
      files: found.map((file) => fileToSlack(file, context)),
      paging: { count: 100, total: found.length, page: 1 },
    }
  },
  'files.delete'(args, { state }) {
    const file = fileOf(args, state)
    if (file.user !== state.botUserId) throw new SlackRefusal('cant_delete_file')
    file.deleted = true
    for (const message of state.messages)
      if (message.files.includes(file)) message.files = message.files.filter((other) => other !== file)
    return {}
  },
}

function fileOf(args: Args, state: SlackState): SlackFile {
  const file = state.files.get(textArg(args, 'file') ?? '')
  if (!file || file.deleted) throw new SlackRefusal('file_not_found')
  return file
}

/** Posts uploaded files as a message of their own; with `initial_comment` its blocks are ignored. */
function share(files: readonly SlackFile[], args: Args, context: MethodContext): void {
  const { state } = context
  const channel = channelOf(state, args)
  const comment = textArg(args, 'initial_comment')
  const content = args['blocks'] === undefined ? undefined : contentOf(args, context)
  const message = addMessage(state, {
    channel: channel.id,
    user: state.botUserId,
    threadTs: threadOf(state, channel.id, args),
    text: comment ?? content?.text ?? '',
    blocks: comment === undefined ? (content?.blocks ?? []) : [],
    files,
  })
  for (const file of files) file.channels.add(channel.id)
  broadcast(context, message)
}
