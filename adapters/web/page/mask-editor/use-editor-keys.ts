import { useRef } from 'preact/hooks'
import { keyCommand } from './keys.ts'
import type { EditorAction, EditorState } from './state.ts'
import { toStage } from './view.ts'

interface EditorKeys {
  readonly down: (event: KeyboardEvent) => void
  readonly up: (event: KeyboardEvent) => void
}

/** The editor's keys, wherever the focus is but in a field for words; Esc leaves from everywhere. */
export function useEditorKeys(state: EditorState, act: (action: EditorAction) => void, leave: () => void): EditorKeys {
  const pressed = useRef(false)
  const startAt = state.cursor ?? ([0.5, 0.5] as const)
  /** Space: the brush paints while it is held; a box takes its corners one after the other. */
  const press = (): void => {
    if (pressed.current) return // the key repeats
    pressed.current = true
    if (state.live?.type === 'box') act({ type: 'end' })
    else act({ type: 'begin', at: toStage(state.view, startAt, state.picture) })
  }
  return {
    down(event) {
      if (event.key === 'Escape') {
        event.preventDefault()
        if (state.live === undefined) leave()
        else act({ type: 'cancel' })
        return
      }
      const onStage = event.target instanceof Element && event.target.closest('.mask-stage') !== null
      const command = keyCommand(event)
      if (command === undefined || takesText(event.target)) return
      // buttons, radios and sliders keep the keys that work them
      if (!onStage && (command.type === 'press' || command.type === 'cursor' || command.type === 'clear')) return
      event.preventDefault()
      if (command.type === 'press') press()
      else act(command)
    },
    up(event) {
      if (event.key !== ' ' || !pressed.current) return
      pressed.current = false
      event.preventDefault()
      if (state.live?.type === 'stroke') act({ type: 'end' })
    },
  }
}

const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLTextAreaElement ||
  (target instanceof HTMLInputElement && ['text', 'number'].includes(target.type))
