import { useEffect, useState } from 'preact/hooks'
import { IconButton } from './icons.tsx'
import { megabytes } from './words.ts'

/** Addresses for files that the browser holds; released when they are no longer shown. */
export function useFileUrls(files: readonly File[]): readonly string[] {
  const [urls, setUrls] = useState<readonly string[]>([])
  useEffect(() => {
    const made = files.map((file) => URL.createObjectURL(file))
    setUrls(made)
    return () => made.forEach((url) => URL.revokeObjectURL(url))
  }, [files])
  return urls
}

export interface FileLimits {
  readonly filesPerMessage: number
  readonly fileBytes: number
}

/** The files that may come along, and a sentence about the first that may not. */
export interface Attached {
  readonly files: readonly File[]
  readonly problem?: string
}

export function addFiles(have: readonly File[], more: readonly File[], limits: FileLimits): Attached {
  const wrong = more.find((file) => !file.type.startsWith('image/'))
  const large = more.find((file) => file.size > limits.fileBytes)
  const good = more.filter((file) => file.type.startsWith('image/') && file.size <= limits.fileBytes)
  const files = [...have, ...good].slice(0, limits.filesPerMessage)
  if (wrong !== undefined) return { files, problem: `“${wrong.name}” is not a picture.` }
  if (large !== undefined) {
    return { files, problem: `“${large.name}” is larger than ${megabytes(limits.fileBytes)}.` }
  }
  if (files.length < have.length + good.length) {
    return { files, problem: `A message takes ${limits.filesPerMessage} pictures at most.` }
  }
  return { files }
}

interface ThumbnailsProps {
  readonly files: readonly File[]
  readonly remove: (file: File) => void
}

/** The pictures that will be sent. */
export function Thumbnails({ files, remove }: ThumbnailsProps) {
  const urls = useFileUrls(files)
  if (files.length === 0) return null
  return (
    <ul class="thumbnails" aria-label="Pictures to send">
      {files.map((file, index) => (
        <li key={`${file.name}-${file.lastModified}-${index}`}>
          <img src={urls[index]} alt={file.name} />
          <IconButton icon="close" label={`Remove ${file.name}`} onClick={() => remove(file)} />
        </li>
      ))}
    </ul>
  )
}
