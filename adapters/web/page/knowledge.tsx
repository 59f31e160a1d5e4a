import type { BotAbout } from '../../../src/contract/adapter.ts'
import { Dialog, DialogHead } from './dialog.tsx'

interface KnowledgeProps {
  readonly about: BotAbout
  /** Sends an example. */
  readonly say: (text: string) => void
  /** Puts a word into the message field. */
  readonly take: (words: string) => void
}

export const Examples = ({ about, say }: Pick<KnowledgeProps, 'about' | 'say'>) => (
  <ul class="examples" aria-label="Examples">
    {about.examples.map((example) => (
      <li key={example}>
        <button type="button" class="example" onClick={() => say(example)}>
          {example}
        </button>
      </li>
    ))}
  </ul>
)

/** The words that the embedded model knows, by kind. */
export const Words = ({ about, take }: Pick<KnowledgeProps, 'about' | 'take'>) => (
  <dl class="knows">
    {Object.entries(about.knows ?? {}).map(([kind, words]) => (
      <div key={kind} class="knows-kind">
        <dt>{kind}</dt>
        <dd>
          {words.map((word) => (
            <button
              key={word}
              type="button"
              class="word"
              title={`Add “${word}” to the message`}
              onClick={() => take(word)}
            >
              {colours.has(word) && <span class={`swatch swatch-${word}`} aria-hidden="true" />}
              {word}
            </button>
          ))}
        </dd>
      </div>
    ))}
  </dl>
)

const colours: ReadonlySet<string> = new Set(['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink'])

export const KnowledgeDialog = ({ about, say, take, close }: KnowledgeProps & { readonly close: () => void }) => (
  <Dialog label="What can it draw?" class="knowledge" close={close}>
    <DialogHead title="What can it draw?" close={close} />
    <p>{about.notice ?? 'Whatever you can put into words. Here are some to begin with.'}</p>
    <Examples about={about} say={say} />
    <Words about={about} take={take} />
    <p class="fine">
      {Object.entries(about.models)
        .map(([role, name]) => `${role}: ${name}`)
        .join(' · ')}
      {` · LLMGA ${about.version}`}
    </p>
  </Dialog>
)
