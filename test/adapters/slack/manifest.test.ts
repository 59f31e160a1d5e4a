import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandName } from '../../../adapters/slack/commands.ts'
import { eventNames } from '../../../adapters/slack/listen.ts'
import { slackManifest } from '../../../adapters/slack/manifest.ts'
import { botScopes, eventScopes, methodScopes } from '../../../adapters/slack/scopes.ts'
import { shortcutIds } from '../../../adapters/slack/shortcuts.ts'

interface Manifest {
  readonly display_information: { readonly name: string; readonly description: string }
  readonly features: {
    readonly slash_commands: readonly {
      readonly command: string
      readonly url?: string
      readonly description: string
    }[]
    readonly shortcuts: readonly { readonly callback_id: string; readonly name: string; readonly description: string }[]
    readonly assistant_view: { readonly assistant_description: string }
  }
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } }
  readonly settings: {
    readonly event_subscriptions: { readonly bot_events: readonly string[]; readonly request_url?: string }
    readonly interactivity: { readonly is_enabled: boolean; readonly request_url?: string }
    readonly socket_mode_enabled: boolean
  }
}

const folder = path.resolve(import.meta.dirname, '../../../adapters/slack')
const manifest = (options: Parameters<typeof slackManifest>[0]) => JSON.parse(slackManifest(options)) as Manifest

/** Methods of the Web API that the sources call on a client. */
function calledMethods(): readonly string[] {
  const sources = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'))
  const calls = sources.flatMap((source) =>
    [...source.matchAll(/\bclient\s*\.((?:\w+\.)+\w+)\s*\(/g)].map(([, name]) => name!),
  )
  return [...new Set(calls)].toSorted()
}

describe('the manifest of the Slack app', () => {
  it('asks for the scopes of every method that is called, and no others', () => {
    const called = calledMethods()
    expect(called.length).toBeGreaterThan(15)
    const known = [...Object.keys(methodScopes), 'apps.connections.open']
    expect(called.filter((name) => !known.includes(name))).toEqual([])
    expect(known.filter((name) => !called.includes(name))).toEqual([])
    expect(manifest({ socketMode: true }).oauth_config.scopes.bot).toEqual(botScopes)
    const needed = [...Object.values(methodScopes), ...Object.values(eventScopes)].filter((scope) => scope !== '')
    expect(needed.filter((scope) => !botScopes.includes(scope))).toEqual([])
  })

  it('subscribes to the events that are listened to', () => {
    const { bot_events } = manifest({ socketMode: true }).settings.event_subscriptions
    const kinds = new Set(bot_events.map((name) => name.replace(/^message\..*/, 'message')))
    expect([...kinds].toSorted()).toEqual([...eventNames].toSorted())
  })

  it('names the command and the shortcuts, within the lengths that Slack takes', () => {
    const { features, display_information } = manifest({ socketMode: true })
    expect(features.slash_commands.map(({ command }) => command)).toEqual([commandName])
    expect(features.shortcuts.map(({ callback_id }) => callback_id).toSorted()).toEqual(
      Object.values(shortcutIds).toSorted(),
    )
    for (const { name, description } of features.shortcuts) {
      expect(name.length).toBeLessThanOrEqual(24)
      expect(description.length).toBeLessThanOrEqual(150)
    }
    expect(display_information.name.length).toBeLessThanOrEqual(35)
    expect(display_information.description.length).toBeLessThanOrEqual(140)
  })

  it('has the address of requests over HTTP alone', () => {
    const url = 'https://bot.example/slack/events'
    expect(slackManifest({ socketMode: true, url })).not.toContain(url)
    const { settings, features } = manifest({ socketMode: false, url })
    expect(settings.socket_mode_enabled).toBe(false)
    expect([
      settings.event_subscriptions.request_url,
      settings.interactivity.request_url,
      features.slash_commands[0]!.url,
    ]).toEqual([url, url, url])
  })
})
