import type { BotAbout } from '../../../src/contract/adapter.ts'
import { Mark } from './icons.tsx'
import { Examples, Words } from './knowledge.tsx'

interface EmptyStateProps {
  readonly about: BotAbout | undefined
  readonly say: (text: string) => void
  readonly take: (words: string) => void
}

/** The page of a new thread. */
export const EmptyState = ({ about, say, take }: EmptyStateProps) => (
  <section class="scroll empty" aria-label="Start">
    <div class="column">
      <Mark />
      <h2 class="empty-title">What shall we draw?</h2>
      <p class="empty-lead">Describe a picture, or drop one here and ask about it.</p>
      {about !== undefined && <Examples about={about} say={say} />}
      {about?.notice !== undefined && (
        <details class="notice-card">
          <summary>{about.notice}</summary>
          <Words about={about} take={take} />
        </details>
      )}
    </div>
  </section>
)
