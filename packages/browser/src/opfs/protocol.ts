/** What crosses from the worker of files: errors by their name, which is all that matters of them here. */
export type Outcome<T> = { readonly value: T } | { readonly error: { readonly name: string; readonly message: string } }

/** A worker that opens files for a page, which must not do that itself. Files go by numbers. */
export interface FileHost {
  open(path: readonly string[]): Promise<Outcome<number>>
  size(file: number): Promise<Outcome<number>>
  read(file: number, offset: number, length: number): Promise<Outcome<Uint8Array<ArrayBuffer>>>
  write(file: number, offset: number, bytes: Uint8Array): Promise<Outcome<void>>
  truncate(file: number, size: number): Promise<Outcome<void>>
  flush(file: number): Promise<Outcome<void>>
  close(file: number): Promise<Outcome<void>>
}
