#!/usr/bin/env node
// The sources are TypeScript; tsx reads them as they are.
import { register } from 'tsx/esm/api'

register()
await import('../src/cli.ts')
