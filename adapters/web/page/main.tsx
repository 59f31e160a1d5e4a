import { render } from 'preact'
import { App } from './app.tsx'
import { MaskPage } from './mask-page.tsx'

const root = document.getElementById('app')
const maskToken = /^\/mask\/([\w-]+)$/.exec(location.pathname)?.[1]
if (root !== null) render(maskToken === undefined ? <App /> : <MaskPage token={maskToken} />, root)
