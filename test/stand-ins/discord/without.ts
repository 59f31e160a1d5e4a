/** An object without one of its fields. */
export function without<T extends object, K extends keyof T>(object: T, field: K): Omit<T, K> {
  const copy = { ...object }
  delete copy[field]
  return copy
}
