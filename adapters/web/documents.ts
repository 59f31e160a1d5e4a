import { html } from 'hono/html'
import type { PageBundle } from './page-bundle.ts'

type Html = ReturnType<typeof html>

const head = (bundle: PageBundle, title: string): Html => html`
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
  <meta name="color-scheme" content="light dark" />
  <title>${title}</title>
  <link rel="icon" type="image/svg+xml" href="${bundle.icon.path}" />
  <link rel="stylesheet" href="${bundle.style.path}" />
`

/** The page itself: everything in it is drawn by the script. `theme` is what the person chose, if they did. */
export const appDocument = (bundle: PageBundle, theme: 'light' | 'dark' | undefined): Html =>
  html`<!doctype html>
    <html lang="en" ${theme === undefined ? '' : html`data-theme="${theme}"`}>
      <head>
        ${head(bundle, 'LLMGA')}
        <script type="module" src="${bundle.script.path}"></script>
      </head>
      <body>
        <div id="app"></div>
        <noscript><p class="noscript">This page needs JavaScript.</p></noscript>
      </body>
    </html>`

/** The sign-in page works without a script. */
export const loginDocument = (bundle: PageBundle, problem?: string): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        ${head(bundle, 'Sign in · LLMGA')}
      </head>
      <body class="login">
        <main>
          <form method="post" action="/login" class="login-card">
            <img src="${bundle.icon.path}" alt="" width="56" height="56" />
            <h1>Welcome</h1>
            <p>This page is private. Enter the token that you were given.</p>
            <label for="token">Token</label>
            <input
              id="token"
              name="token"
              type="password"
              autocomplete="current-password"
              required
              autofocus
              ${problem === undefined ? '' : html`aria-invalid="true" aria-describedby="problem"`}
            />
            ${problem === undefined ? '' : html`<p id="problem" class="login-problem" role="alert">${problem}</p>`}
            <button type="submit" class="button primary">Sign in</button>
          </form>
        </main>
      </body>
    </html>`
