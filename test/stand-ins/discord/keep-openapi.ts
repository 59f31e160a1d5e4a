/**
 * Makes openapi.json from Discord's OpenAPI description (discord/discord-api-spec, specs/openapi.json): the bodies of
 * the requests that the stand-in serves and the schemas that they use, without prose.
 * usage: node --import tsx test/stand-ins/discord/keep-openapi.ts FULL_OPENAPI_JSON COMMIT > test/stand-ins/discord/openapi.json
 */
import { readFileSync } from 'node:fs'
import { routePatterns } from './route-patterns.ts'

interface OpenApi {
  readonly info: object
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly requestBody?: RequestBody }>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}
interface RequestBody {
  readonly content: Readonly<Record<string, { readonly schema: unknown }>>
}

const [file, commit] = process.argv.slice(2)
const full = JSON.parse(readFileSync(file!, 'utf8'), (key, value: unknown) =>
  key === 'description' && typeof value === 'string' ? undefined : value,
) as OpenApi

/** The JSON body of a route, which is also what the form field `payload_json` holds. */
function bodyOf(pattern: string) {
  const [method = '', path = ''] = pattern.split(' ')
  const body = full.paths[path]?.[method.toLowerCase()]?.requestBody
  return body && { path, method: method.toLowerCase(), schema: body.content['application/json']!.schema }
}

const paths: Record<string, Record<string, object>> = {}
for (const body of routePatterns.map(bodyOf)) {
  if (!body) continue
  const requestBody = { content: { 'application/json': { schema: body.schema } } }
  paths[body.path] = { ...paths[body.path], [body.method]: { requestBody } }
}

const schemas: Record<string, unknown> = {}
function keep(value: unknown): void {
  for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (name === undefined || name in schemas) continue
    schemas[name] = full.components.schemas[name]
    keep(schemas[name])
  }
}
keep(paths)

const source = `https://github.com/discord/discord-api-spec/blob/${commit}/specs/openapi.json`
const kept = { $comment: `Kept from ${source} (MIT, see openapi.LICENSE)`, openapi: '3.1.0', info: full.info }
process.stdout.write(`${JSON.stringify({ ...kept, paths, components: { schemas } })}\n`)
