import { sentencesIn } from '../../src/language/sentences.ts'
import { commandName } from './commands.ts'
import { botScopes, eventScopes } from './scopes.ts'
import { shortcutIds } from './shortcuts.ts'

export interface ManifestOptions {
  /** Events come over a connection that the bot opens; otherwise Slack calls `url`. */
  readonly socketMode: boolean
  /** Where Slack reaches the bot: https://bot.example/slack/events */
  readonly url?: string | undefined
}

/** The app's manifest, as JSON: to be pasted at api.slack.com/apps, "Create New App", "From a manifest". */
export function slackManifest({ socketMode, url }: ManifestOptions): string {
  const where = socketMode || url === undefined ? {} : { url }
  const requests = socketMode || url === undefined ? {} : { request_url: url }
  return JSON.stringify(
    {
      display_information: {
        name: 'LLMGA',
        description: 'Draws, changes and explains pictures in a conversation',
        background_color: '#2b2d42',
      },
      features: {
        app_home: { home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
        bot_user: { display_name: 'llmga', always_online: true },
        assistant_view: { assistant_description: 'Draws, changes and explains pictures', suggested_prompts: [] },
        slash_commands: [
          {
            command: commandName,
            description: 'Draw a picture, or /llmga help',
            usage_hint: 'imagine a red fox --steps 30',
            should_escape: true,
            ...where,
          },
        ],
        shortcuts: shortcuts(),
      },
      oauth_config: { scopes: { bot: botScopes } },
      settings: {
        event_subscriptions: { ...requests, bot_events: Object.keys(eventScopes) },
        interactivity: { is_enabled: true, ...requests },
        org_deploy_enabled: false,
        socket_mode_enabled: socketMode,
        token_rotation_enabled: false,
      },
    },
    undefined,
    2,
  )
}

function shortcuts() {
  const { form } = sentencesIn('en').slack
  const shortcut = (type: 'message' | 'global', name: string, callback_id: string, description: string) => ({
    ...{ type, name, callback_id, description },
  })
  return [
    shortcut('message', form.editTitle, shortcutIds.edit, 'Change a picture of this message by words'),
    shortcut('message', form.askTitle, shortcutIds.ask, 'Ask what a picture of this message shows'),
    shortcut('global', form.newTitle, shortcutIds.create, 'Draw a new picture'),
  ]
}
