/** Discord's objects as they go over the wire: the fields that the stand-in keeps. */

export interface WireUser {
  readonly id: string
  readonly username: string
  readonly global_name: string | null
  readonly discriminator: string
  readonly avatar: null
  readonly bot: boolean
}

export interface WireMember {
  readonly user: WireUser
  readonly nick: string | null
  readonly roles: readonly string[]
  readonly joined_at: string
  readonly deaf: boolean
  readonly mute: boolean
  readonly flags: number
}

export interface WireRole {
  readonly id: string
  readonly name: string
  readonly permissions: string
  readonly position: number
  readonly color: number
  readonly colors: { readonly primary_color: number; readonly secondary_color: null; readonly tertiary_color: null }
  readonly hoist: boolean
  readonly managed: boolean
  readonly mentionable: boolean
  readonly flags: number
}

export interface WireAttachment {
  readonly id: string
  readonly filename: string
  readonly title?: string
  readonly description?: string
  readonly content_type?: string
  readonly size: number
  readonly url: string
  readonly proxy_url: string
  readonly width?: number
  readonly height?: number
  readonly flags?: number
}

/** A component of a message or a modal; `type` says which fields are there. */
export interface WireComponent {
  readonly type: number
  readonly custom_id?: string
  readonly label?: string
  readonly style?: number
  readonly disabled?: boolean
  readonly url?: string
  readonly placeholder?: string
  readonly value?: string
  readonly required?: boolean
  readonly min_length?: number
  readonly max_length?: number
  readonly content?: string
  readonly emoji?: { readonly name?: string | null }
  readonly options?: readonly WireSelectOption[]
  readonly items?: readonly { readonly media: { readonly url: string }; readonly description?: string | null }[]
  readonly components?: readonly WireComponent[]
  readonly component?: WireComponent
  readonly accessory?: WireComponent
}

export interface WireSelectOption {
  readonly label: string
  readonly value: string
  readonly description?: string | null
  readonly default?: boolean | null
}

export interface WireEmbed {
  readonly title?: string | null
  readonly description?: string | null
  readonly url?: string | null
  readonly color?: number | null
  readonly author?: { readonly name: string } | null
  readonly footer?: { readonly text: string } | null
  readonly fields?: readonly { readonly name: string; readonly value: string; readonly inline?: boolean }[] | null
  readonly image?: { readonly url: string } | null
  readonly thumbnail?: { readonly url: string } | null
}

export interface WireReference {
  readonly type?: number
  readonly message_id: string
  readonly channel_id: string
  readonly guild_id?: string
}

export interface WireMessage {
  readonly id: string
  readonly channel_id: string
  readonly author: WireUser
  readonly content: string
  readonly timestamp: string
  readonly edited_timestamp: string | null
  readonly tts: boolean
  readonly mention_everyone: boolean
  readonly mentions: readonly WireUser[]
  readonly mention_roles: readonly string[]
  readonly attachments: readonly WireAttachment[]
  readonly embeds: readonly WireEmbed[]
  readonly components: readonly WireComponent[]
  readonly pinned: boolean
  readonly type: number
  readonly flags: number
  readonly nonce?: string | number
  readonly application_id?: string
  readonly webhook_id?: string
  readonly message_reference?: WireReference
  readonly referenced_message?: WireMessage | null
  readonly interaction_metadata?: object
  readonly thread?: WireChannel
}

export interface WireChannel {
  readonly id: string
  readonly type: number
  readonly name: string | null
  readonly guild_id?: string
  readonly parent_id?: string | null
  readonly owner_id?: string
  readonly position?: number
  readonly nsfw?: boolean
  readonly topic?: string | null
  readonly permission_overwrites?: readonly object[]
  readonly recipients?: readonly WireUser[]
  readonly last_message_id?: string | null
  readonly message_count?: number
  readonly member_count?: number
  readonly rate_limit_per_user?: number
  readonly available_tags?: readonly object[]
  readonly applied_tags?: readonly string[]
  readonly flags?: number
  readonly thread_metadata?: {
    readonly archived: boolean
    readonly locked: boolean
    readonly auto_archive_duration: number
    readonly archive_timestamp: string
    readonly create_timestamp: string
  }
  readonly member?: object
}

export interface WireCommandOption {
  readonly type: number
  readonly name: string
  readonly description?: string
  readonly required?: boolean
  readonly choices?: readonly { readonly name: string; readonly value: string | number }[]
  readonly options?: readonly WireCommandOption[]
  readonly min_value?: number
  readonly max_value?: number
  readonly max_length?: number
}

export interface WireCommand {
  readonly id: string
  readonly application_id: string
  readonly version: string
  readonly type: number
  readonly name: string
  readonly description?: string
  readonly default_member_permissions: string | null
  readonly name_localizations?: Readonly<Record<string, string>> | null
  readonly options?: readonly WireCommandOption[]
}

export const channelTypes = { text: 0, dm: 1, thread: 11, privateThread: 12, forum: 15 } as const
export const messageTypes = {
  plain: 0,
  threadCreated: 18,
  reply: 19,
  command: 20,
  threadStarter: 21,
  menu: 23,
} as const
export const messageFlags = { hasThread: 32, ephemeral: 64, loading: 128, componentsV2: 32768 } as const
export const componentTypes = { row: 1, button: 2, select: 3, textInput: 4, label: 18, fileUpload: 19 } as const

/** A message body as the bot sends it. */
export interface MessageBody {
  readonly content?: string | null
  readonly embeds?: readonly WireEmbed[] | null
  readonly components?: readonly WireComponent[] | null
  readonly attachments?: readonly AttachmentBody[] | null
  readonly flags?: number | null
  readonly nonce?: string | number | null
  readonly enforce_nonce?: boolean | null
  readonly tts?: boolean | null
  readonly allowed_mentions?: AllowedMentions | null
  readonly message_reference?: { readonly message_id: string; readonly fail_if_not_exists?: boolean } | null
}

export interface AttachmentBody {
  readonly id: string | number
  readonly filename?: string | null
  readonly description?: string | null
  readonly is_spoiler?: boolean | null
}

export interface AllowedMentions {
  readonly parse?: readonly string[] | null
  readonly users?: readonly string[] | null
  readonly roles?: readonly string[] | null
  readonly replied_user?: boolean | null
}

/** A file of a multipart body, `index` from `files[index]`. */
export interface UploadedFile {
  readonly index: number
  readonly name: string
  readonly mediaType: string
  readonly bytes: Uint8Array
}
