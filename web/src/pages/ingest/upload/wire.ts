/** The service as `send` asks it. */
import { api, data } from '@/api/client'
import type { Wire } from './send'

const BYTES = { 'Content-Type': 'application/octet-stream' }
/** The description says what kind of body it is, not that a browser has it as a file. */
const asBody = (bytes: Blob) => ({ body: bytes as never, bodySerializer: () => bytes, headers: BYTES })

export const wire: Wire = {
  whole: async (file, facts, signal) => {
    const query = { name: file.name, ...(facts ? { facts: JSON.stringify(facts) } : {}) }
    const accepted = await data(
      api.POST('/api/v1/recordings', { params: { query }, ...asBody(file), signal }),
    )
    return accepted.entry
  },
  announce: (file, facts, signal) =>
    data(
      api.POST('/api/v1/uploads', {
        body: { name: file.name, size: file.size, ...(facts ? { facts: facts as never } : {}) },
        signal,
      }),
    ),
  state: (id, signal) =>
    data(api.GET('/api/v1/uploads/{upload_id}', { params: { path: { upload_id: id } }, signal })),
  append: (id, offset, piece, signal) =>
    data(
      api.PATCH('/api/v1/uploads/{upload_id}', {
        params: { path: { upload_id: id }, header: { 'Upload-Offset': offset } },
        ...asBody(piece),
        signal,
      }),
    ),
}

/** Forgets what came of an upload that nobody will end. */
export async function abandon(id: string): Promise<void> {
  await api.DELETE('/api/v1/uploads/{upload_id}', { params: { path: { upload_id: id } } })
}
