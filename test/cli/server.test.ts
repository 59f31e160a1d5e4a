import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-server-'))
const started: ChildProcess[] = []
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** `npm start -- ...args`, without npm. */
function start(...args: string[]) {
  const flags = ['--data-dir', folder, '--log-level', 'fatal', ...args]
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...flags], { stdio: 'pipe' })
  started.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  const line = once(child.stdout, 'data').then(([text]) => String(text))
  return { child, exit, line, said: () => said }
}

describe('npm start', () => {
  it('says in one line where the page is, serves it, owns its data folder, and leaves when told to', async () => {
    const server = start('--http-port', '0')
    const line = await server.line
    expect(line).toMatch(/^LLMGA is at http:\/\/127\.0\.0\.1:\d+\n$/)
    const url = line.trim().split(' ').at(-1)!
    const page = await fetch(url)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<!doctype html>')
    const about = (await (await fetch(`${url}/api/about`)).json()) as { knows: { objects: string[] } }
    expect(about.knows.objects).toHaveLength(20)

    const second = start('--http-port', '0')
    expect(await second.exit).toBe(6)
    expect(second.said()).toContain(folder)

    server.child.kill('SIGTERM')
    expect(await server.exit).toBe(0)
  })

  it('names the port when it is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const server = start('--http-port', String(port))
    expect(await server.exit).toBe(8)
    expect(server.said()).toContain(`Port ${port} on 127.0.0.1 is in use`)
    other.close()
  })

  it('asks for a token, and prints it, when it is bound to more than this machine', async () => {
    const server = start('--http-port', '0', '--http-host', '0.0.0.0')
    const line = await server.line
    const [, port, token] = /^LLMGA is at http:\/\/0\.0\.0\.0:(\d+) - sign in with the token (\S+)\n$/.exec(line)!
    const about = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}/api/about`, { headers })
    expect((await about({})).status).toBe(401)
    expect((await about({ Authorization: `Bearer ${token}` })).status).toBe(200)
  })
})
