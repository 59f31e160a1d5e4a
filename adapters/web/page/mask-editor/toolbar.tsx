import { Icon, IconButton } from '../icons.tsx'
import type { IconName } from '../icons.tsx'
import { keyHelp, zoomStep } from './keys.ts'
import type { Tool } from './keys.ts'
import { largestRadius, smallestRadius } from './state.ts'
import type { EditorAction, EditorState } from './state.ts'

interface ToolbarProps {
  readonly state: EditorState
  readonly act: (action: EditorAction) => void
}

const choices: readonly {
  readonly tool: Tool
  readonly label: string
  readonly icon: IconName
  readonly key: string
}[] = [
  { tool: 'brush', label: 'Brush', icon: 'brush', key: 'B' },
  { tool: 'eraser', label: 'Eraser', icon: 'eraser', key: 'E' },
  { tool: 'box', label: 'Box', icon: 'box', key: 'R' },
  { tool: 'move', label: 'Move', icon: 'hand', key: 'H' },
]

/** What pressing on the picture does, and how large. */
export const ToolChoice = ({ state, act }: ToolbarProps) => (
  <div class="mask-tools">
    <fieldset class="tool-choice">
      <legend class="visually-hidden">Tool</legend>
      {choices.map(({ tool, label, icon, key }) => (
        <label key={tool} title={`${label} (${key})`}>
          <input
            type="radio"
            name="mask-tool"
            class="visually-hidden"
            checked={state.tool === tool}
            onChange={() => act({ type: 'tool', tool })}
          />
          <span>
            <Icon name={icon} />
            {label}
          </span>
        </label>
      ))}
    </fieldset>
    <label class="tool-size">
      <span>Size</span>
      <input
        type="range"
        min={Math.log(smallestRadius)}
        max={Math.log(largestRadius)}
        step="any"
        value={Math.log(state.radius)}
        aria-valuetext={`${Math.round(state.radius * 200)} % of the picture`}
        onInput={(event) => act({ type: 'radius', radius: Math.exp(Number(event.currentTarget.value)) })}
      />
    </label>
    <div class="tool-actions">
      <button type="button" class="button" title="Invert (I)" onClick={() => act({ type: 'invert' })}>
        <Icon name="invert" /> Invert
      </button>
      <button type="button" class="button" title="Clear (Delete)" onClick={() => act({ type: 'clear' })}>
        <Icon name="trash" /> Clear
      </button>
    </div>
  </div>
)

/** Undo, redo and zoom. */
export const ViewButtons = ({ state, act }: ToolbarProps) => (
  <div class="mask-view" role="group" aria-label="Undo and zoom">
    <IconButton
      icon="undo"
      label="Undo stroke (Ctrl Z)"
      disabled={state.history.done.length === 0}
      onClick={() => act({ type: 'undo' })}
    />
    <IconButton
      icon="forward"
      label="Redo stroke (Ctrl Y)"
      disabled={state.history.undone.length === 0}
      onClick={() => act({ type: 'redo' })}
    />
    <span class="mask-gap" />
    <IconButton icon="minus" label="Zoom out (-)" onClick={() => act({ type: 'zoom', factor: 1 / zoomStep })} />
    <button
      type="button"
      class="button quiet zoom-figure"
      title="Whole picture (0)"
      onClick={() => act({ type: 'fit' })}
    >
      {Math.round(state.view.scale * 100)} %
    </button>
    <IconButton icon="plus" label="Zoom in (+)" onClick={() => act({ type: 'zoom', factor: zoomStep })} />
  </div>
)

export const KeyHelp = () => (
  <details class="key-help">
    <summary>Keys</summary>
    <dl>
      {keyHelp.map(([keys, meaning]) => (
        <div key={keys}>
          <dt>{keys}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  </details>
)
