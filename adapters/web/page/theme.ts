export type Theme = 'light' | 'dark'

/** The chosen colours, or what the system prefers. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme']
  if (chosen === 'light' || chosen === 'dark') return chosen
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

/** Kept in a cookie, so that the server writes it into the page and nothing flashes. */
export function setTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  document.cookie = `llmga_theme=${theme}; path=/; max-age=31536000; samesite=strict`
}
