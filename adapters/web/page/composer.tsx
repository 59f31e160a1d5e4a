import { useEffect, useRef, useState } from 'preact/hooks'
import type { WireAbout } from '../routes/pages.ts'
import { Thumbnails, addFiles } from './attachments.tsx'
import type { Attached } from './attachments.tsx'
import { countSet, noOptions, toCommand } from './drawing-options.ts'
import type { DrawingOptions } from './drawing-options.ts'
import { useFileDrop } from './file-drop.ts'
import { Icon } from './icons.tsx'
import { keepDraft, keepValue, readDraft, readKept } from './kept.ts'
import { OptionsPanel } from './options-panel.tsx'
import type { Draft } from './outbox.ts'

interface ComposerProps {
  readonly about: WireAbout | undefined
  readonly threadId: string | undefined
  /** Words to add, from the list of what the model knows. */
  readonly wish: { readonly words: string } | undefined
  readonly send: (draft: Draft) => void
}

type Mode = 'chat' | 'draw'

/** Where a message is written. Chat lets the assistant decide; Draw makes a picture with the options of the panel. */
export function Composer({ about, threadId, wish, send }: ComposerProps) {
  const [text, setText] = useState('')
  const [{ files, problem }, setAttached] = useState<Attached>({ files: [] })
  const [mode, setMode] = useState<Mode>(() => readKept<Mode>('mode', 'chat'))
  const [options, setOptions] = useState<DrawingOptions>(() => ({ ...noOptions, ...readKept('options', noOptions) }))
  const [panel, setPanel] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const chooser = useRef<HTMLInputElement>(null)
  const write = (words: string): void => {
    setText(words)
    keepDraft(threadId, words)
  }
  const add = (more: readonly File[]): void => {
    const limits = about ?? { filesPerMessage: 4, fileBytes: 20 * 1024 * 1024 }
    setAttached((now) => addFiles(now.files, more, limits)) // two may come before the page is drawn again
    field.current?.focus()
  }
  const over = useFileDrop(add)
  useEffect(() => {
    setText(readDraft(threadId))
    setAttached({ files: [] })
    field.current?.focus()
  }, [threadId])
  useEffect(() => {
    if (wish === undefined) return
    write(text.trim() === '' ? `${wish.words} ` : `${text.trimEnd()} ${wish.words} `)
    field.current?.focus()
  }, [wish])
  useEffect(() => keepValue('mode', mode), [mode])
  useEffect(() => keepValue('options', options), [options])

  const ready = text.trim() !== '' || (files.length > 0 && mode === 'chat')
  const submit = (): void => {
    if (!ready) return
    send({ text: text.trim(), files, ...(mode === 'draw' && { command: toCommand(options) }) })
    write('')
    setAttached({ files: [] })
  }
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    submit()
  }
  const set = countSet(options)

  return (
    <form
      class="composer"
      aria-label="New message"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div class="column">
        {problem !== undefined && (
          <p class="composer-problem" role="alert">
            {problem}
          </p>
        )}
        <div class="composer-card">
          {mode === 'draw' && panel && <OptionsPanel about={about} options={options} change={setOptions} />}
          <Thumbnails
            files={files}
            remove={(file) => setAttached({ files: files.filter((other) => other !== file) })}
          />
          <textarea
            id="message"
            ref={field}
            rows={1}
            aria-label="Message"
            placeholder={mode === 'draw' ? 'Describe the picture' : 'Write, or drop a picture'}
            value={text}
            onInput={(event) => write(event.currentTarget.value)}
            onKeyDown={press}
          />
          <div class="composer-row">
            <button
              type="button"
              class="icon-button"
              aria-label="Add pictures"
              title="Add pictures"
              onClick={() => chooser.current?.click()}
            >
              <Icon name="image" />
            </button>
            <ModeSwitch mode={mode} setMode={setMode} />
            {mode === 'draw' && (
              <button
                type="button"
                class="button quiet options-button"
                aria-expanded={panel}
                aria-controls="drawing-options"
                onClick={() => setPanel(!panel)}
              >
                <Icon name="sliders" />
                <span>Options{set > 0 && ` · ${set}`}</span>
              </button>
            )}
            <button type="submit" class="send" aria-label="Send" title="Send (Enter)" disabled={!ready}>
              <Icon name="send" />
            </button>
          </div>
          <input
            ref={chooser}
            type="file"
            accept="image/*"
            multiple
            hidden
            aria-label="Choose pictures"
            onChange={(event) => {
              add([...(event.currentTarget.files ?? [])])
              event.currentTarget.value = ''
            }}
          />
        </div>
        <p class="composer-hint">
          <kbd>Enter</kbd> sends, <kbd>Shift</kbd> <kbd>Enter</kbd> makes a new line
        </p>
      </div>
      {over && <div class="drop-target">Drop pictures here</div>}
    </form>
  )
}

const modes: readonly { readonly mode: Mode; readonly label: string; readonly title: string }[] = [
  { mode: 'chat', label: 'Chat', title: 'Talk; the assistant draws when you ask for it' },
  { mode: 'draw', label: 'Draw', title: 'Draw these words, with your options' },
]

const ModeSwitch = ({ mode, setMode }: { readonly mode: Mode; readonly setMode: (mode: Mode) => void }) => (
  <fieldset class="mode-switch">
    <legend class="visually-hidden">What to do with the message</legend>
    {modes.map((choice) => (
      <label key={choice.mode} title={choice.title}>
        <input
          type="radio"
          name="mode"
          checked={mode === choice.mode}
          onChange={() => setMode(choice.mode)}
          class="visually-hidden"
        />
        <span>{choice.label}</span>
      </label>
    ))}
  </fieldset>
)
