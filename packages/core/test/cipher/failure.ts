import { isCofferError } from '../../src/errors.js'

/** The code of the CofferError that `action` fails with; any other outcome is said in words. */
export async function failureOf(action: () => unknown): Promise<string> {
  try {
    await action()
    return 'no failure'
  } catch (error) {
    return isCofferError(error) ? error.code : String(error)
  }
}
