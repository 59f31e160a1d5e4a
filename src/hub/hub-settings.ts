/** Where models come from and where they are kept. */
export interface HubSettings {
  /** `https://huggingface.co` or a mirror, without a slash at the end. */
  readonly endpoint: string
  /** Sent to the endpoint and to no other host. */
  readonly token?: string | undefined
  /** The cache that all tools of the hub share: `models--OWNER--NAME/{blobs,refs,snapshots}`. */
  readonly cache: string
  /** Download nothing. */
  readonly offline?: boolean
  /** Hosts from which the endpoint may send files, beside its own and the hub's. */
  readonly hosts?: readonly string[]
}

/** A repository of the hub at a revision (branch, tag or commit). */
export interface Repository {
  readonly repository: string
  readonly revision: string
}
