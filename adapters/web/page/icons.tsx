/** Line icons on a 24-unit grid, drawn for this page. */
const paths = {
  plus: 'M12 5v14M5 12h14',
  send: 'M12 19V5M6 11l6-6 6 6',
  image: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4L16 12l4 4M9 9.500h.01',
  sliders: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M18.7 5.300l-1.4 1.400M6.7 17.300l-1.4 1.4',
  moon: 'M20 14.500A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.500z',
  menu: 'M4 7h16M4 12h16M4 17h10',
  close: 'M6 6l12 12M18 6L6 18',
  pencil: 'M4 20l1-4L16.5 4.500l3 3L8 19zM14 7l3 3',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  recipe: 'M6 3.500h12v17l-3-2-3 2-3-2-3 2zM9.5 8.500h5M9.5 12.500h5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  redo: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.300L20 9M20 4v5h-5',
  variations: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  undo: 'M9 6L4 11l5 5M4 11h10a5.5 5.5 0 0 1 0 11h-2',
  forward: 'M15 6l5 5-5 5M20 11H10a5.500 5.500 0 0 0 0 11h2',
  stop: 'M7 7h10v10H7z',
  left: 'M15 5l-7 7 7 7',
  right: 'M9 5l7 7-7 7',
  down: 'M5 9l7 7 7-7',
  sparkle: 'M12 3.500l1.9 5.6 5.6 1.9-5.6 1.900L12 18.500l-1.9-5.600L4.5 11l5.6-1.900zM19 16.500v4M17 18.500h4',
  alert: 'M12 4l9 16H3zM12 10v4.500M12 17.200v.01',
  leave: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  brush:
    'M19.5 4.500c-4 1-8 4.500-10.5 8.500l2.500 2.500c4-2.500 7-6.500 8-11zM8 14.500c-2.500.2-3 2-3.200 4.500 2.500.5 5 0 5.400-2.500',
  eraser:
    'M8 19h12M4.500 14.500l9-9a1.500 1.500 0 0 1 2.100 0l3.400 3.400a1.500 1.500 0 0 1 0 2.100L11 19H8.500l-4-2.500zM9 10l5.500 5.500',
  box: 'M5 5h3M11 5h2M16 5h3v3M19 11v2M19 16v3h-3M13 19h-2M8 19H5v-3M5 13v-2M5 8V5',
  hand: 'M12 4v16M4 12h16M12 4l-2.500 2.500M12 4l2.500 2.500M12 20l-2.500-2.500M12 20l2.500-2.500M4 12l2.500-2.500M4 12l2.500 2.500M20 12l-2.500-2.500M20 12l-2.500 2.500',
  invert: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 4v16M12 8h3.500M12 12h7.500M12 16h3.500',
  minus: 'M5 12h14',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  expand: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  tree: 'M12 4v5M12 9H6v4M12 9h6v4M10 4h4M4 13h4v4H4zM16 13h4v4h-4z',
  compare: 'M12 3.500v17M10 6H4.500v12H10M14 6h5.500v12H14',
  file: 'M7 3.500h7l4 4v13H7zM14 3.500v4h4M10 12h5M10 16h5',
  open: 'M13 5h6v6M19 5l-8 8M10 6H5v13h13v-5',
  branch: 'M7 5v14M7 14c6 0 10-1.500 10-7M14 9.500L17 6.500l3 3',
  check: 'M5 12.500l4.5 4.500L19 7.5',
} as const

export type IconName = keyof typeof paths

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
)

/** The program's mark: hills and a moon, as in icon.svg. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
    <rect width="64" height="64" rx="18" fill="var(--accent-strong)" />
    <circle cx="42" cy="22" r="6.5" fill="#f6d9a8" />
    <path
      fill="#fff"
      d="M10 48 24 28.500a3 3 0 0 1 4.9 0L36 38l3.6-4.600a3 3 0 0 1 4.7 0L55 48a3.5 3.5 0 0 1-3.5 4H13a3.5 3.5 0 0 1-3-4z"
    />
  </svg>
)

interface IconButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly onClick: () => void
  readonly class?: string
  readonly disabled?: boolean
}

/** A button that shows only an icon; its label is read aloud and shown as a tooltip. */
export const IconButton = ({ icon, label, onClick, class: name = '', disabled = false }: IconButtonProps) => (
  <button
    type="button"
    class={`icon-button ${name}`}
    aria-label={label}
    title={label}
    disabled={disabled}
    onClick={onClick}
  >
    <Icon name={icon} />
  </button>
)
