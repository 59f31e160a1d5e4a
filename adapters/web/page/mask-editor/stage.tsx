import { useEffect, useRef } from 'preact/hooks'
import type { Point } from '../../../../src/contract/inference.ts'
import type { WireImage } from '../../wire.ts'
import { BlobImage } from '../blob-image.tsx'
import { move, noGesture, press, release } from './gesture.ts'
import type { Gesture, GestureEffect, Pointer } from './gesture.ts'
import { Overlay } from './overlay.tsx'
import type { BaseMask } from './paint.ts'
import type { EditorAction, EditorState } from './state.ts'
import { toStage } from './view.ts'

interface StageProps {
  readonly image: WireImage
  readonly state: EditorState
  readonly act: (action: EditorAction) => void
  readonly base: BaseMask | undefined
  readonly describedBy: string
}

/** The picture with the mask over it, and everything that fingers, pens, mice and wheels do there. */
export function Stage({ image, state, act, base, describedBy }: StageProps) {
  const stage = useRef<HTMLDivElement>(null)
  const gesture = useRef<Gesture>(noGesture)
  const { view, picture, tool } = state
  useEffect(() => {
    const element = stage.current
    if (element === null) return
    const measure = (): void =>
      act({ type: 'stage', stage: { width: element.clientWidth, height: element.clientHeight } })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    const turn = (event: WheelEvent): void => {
      event.preventDefault()
      const { deltaX, deltaY, shiftKey, ctrlKey } = event
      if (shiftKey) act({ type: 'pan', dx: -deltaX || -deltaY, dy: 0 })
      // a trackpad's pinch comes as small steps with ctrlKey
      else act({ type: 'zoom', factor: Math.exp(-deltaY * (ctrlKey ? 0.01 : 0.0015)), at: placeOf(event, element) })
    }
    element.addEventListener('wheel', turn, { passive: false })
    return () => {
      observer.disconnect()
      element.removeEventListener('wheel', turn)
    }
  }, [])

  const take = ([next, effects]: readonly [Gesture, readonly GestureEffect[]]): void => {
    gesture.current = next
    for (const effect of effects) act(effect)
  }
  const down = (event: PointerEvent & { readonly currentTarget: HTMLDivElement }): void => {
    if (event.button === 2) return
    event.currentTarget.setPointerCapture(event.pointerId)
    take(press(gesture.current, pointerOf(event, tool === 'move', placeOf(event, event.currentTarget))))
  }
  const moved = (event: PointerEvent & { readonly currentTarget: HTMLDivElement }): void => {
    const element = event.currentTarget
    if (gesture.current.down.length === 0) return act({ type: 'hover', at: placeOf(event, element) })
    const between = gesture.current.doing === 'marking' ? event.getCoalescedEvents() : []
    for (const { clientX, clientY } of between.length > 0 ? between : [event])
      take(move(gesture.current, { id: event.pointerId, at: placeOf({ clientX, clientY }, element) }))
  }
  return (
    <div
      ref={stage}
      class={`mask-stage tool-${tool}`}
      role="application"
      aria-label={`Mask over the picture: ${image.alt}`}
      aria-describedby={describedBy}
      tabIndex={0}
      data-first
      onPointerDown={down}
      onPointerMove={moved}
      onPointerUp={(event) => take(release(gesture.current, event.pointerId))}
      onPointerCancel={(event) => take(release(gesture.current, event.pointerId, true))}
      onContextMenu={(event) => event.preventDefault()}
    >
      <div
        class={`mask-sheet ${view.scale >= 6 ? 'pixels' : ''}`}
        style={{
          width: `${picture.width}px`,
          height: `${picture.height}px`,
          transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
        }}
      >
        <BlobImage image={image} />
        <Overlay picture={picture} marks={state.history.done} live={state.live} base={base} />
      </div>
      <Cursor state={state} />
    </div>
  )
}

/** A ring of the brush's size where it would paint; a cross for a box's corner. */
function Cursor({ state: { cursor, view, picture, radius, tool } }: { readonly state: EditorState }) {
  if (cursor === undefined || tool === 'move') return null
  const [x, y] = toStage(view, cursor, picture)
  const side = tool === 'box' ? 17 : Math.max(4, 2 * radius * Math.min(picture.width, picture.height) * view.scale)
  return (
    <div
      class={`mask-cursor ${tool === 'box' ? 'corner' : ''}`}
      style={{ width: `${side}px`, height: `${side}px`, transform: `translate(${x - side / 2}px, ${y - side / 2}px)` }}
    />
  )
}

function placeOf({ clientX, clientY }: Pick<MouseEvent, 'clientX' | 'clientY'>, element: HTMLElement): Point {
  const { left, top } = element.getBoundingClientRect()
  return [clientX - left, clientY - top]
}

const eraserButton = 32

function pointerOf(event: PointerEvent, moves: boolean, at: Point): Pointer {
  const kind = event.pointerType === 'pen' || event.pointerType === 'touch' ? event.pointerType : 'mouse'
  return {
    id: event.pointerId,
    at,
    kind,
    first: event.isPrimary,
    pans: moves || event.button === 1,
    erases: (event.buttons & eraserButton) > 0,
  }
}
