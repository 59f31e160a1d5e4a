import type { AdapterLog } from '../../adapters/chat/log.ts'

/**
 * The log of an adapter, with its platform's requests to wait (HTTP 429) counted: adapters log one with the milliseconds
 * to wait as `waitMs` and the words "asks to wait".
 */
export function countLimits(log: AdapterLog, count: () => void): AdapterLog {
  const counted = (level: keyof AdapterLog) => (fields: object, message: string) => {
    if ('waitMs' in fields && message.endsWith('asks to wait')) count()
    log[level](fields, message)
  }
  return { debug: counted('debug'), info: counted('info'), warn: counted('warn'), error: counted('error') }
}
