/** The origin of a web server that pages may put files on and read from, for `inject`. */
export const RANGE_SERVER = 'rangeServer'

declare module 'vitest' {
  interface ProvidedContext {
    readonly [RANGE_SERVER]: string
  }
}
