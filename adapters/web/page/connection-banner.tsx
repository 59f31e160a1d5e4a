import type { Connection } from './feed-client.ts'
import { Icon } from './icons.tsx'

interface ConnectionBannerProps {
  readonly connection: Connection
  readonly problem: string | undefined
  readonly retry: () => void
}

/** Says that the program is out of reach (the page tries again by itself), or why something could not be read. */
export function ConnectionBanner({ connection, problem, retry }: ConnectionBannerProps) {
  return (
    <div role="status" class="banners">
      {connection === 'lost' && (
        <p class="banner">
          <span class="pulse" aria-hidden="true" />
          Connection lost. Trying again; nothing is lost.
        </p>
      )}
      {connection !== 'lost' && problem !== undefined && (
        <p class="banner">
          <Icon name="alert" />
          {problem}
          <button type="button" class="button quiet" onClick={retry}>
            Retry
          </button>
        </p>
      )}
    </div>
  )
}
