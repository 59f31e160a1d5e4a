export type Theme = 'light' | 'dark'

/** The chosen colours, or what the system prefers. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme']
  if (chosen === 'light' || chosen === 'dark') return chosen
  return prefersDark().matches ? 'dark' : 'light'
}

const prefersDark = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)')

/** Calls back when the system changes its preference, until the returned function is called. */
export function onSystemTheme(changed: () => void): () => void {
  const query = prefersDark()
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}

/** Kept in a cookie, so that the server writes it into the page and nothing flashes. */
export function setTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  document.cookie = `llmga_theme=${theme}; path=/; max-age=31536000; samesite=strict`
}
