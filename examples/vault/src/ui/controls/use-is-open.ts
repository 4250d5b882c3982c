import { useLayoutEffect, useRef } from 'preact/hooks'

/**
 * Tells whether a dialog is still open, for what takes a while: who has closed it meanwhile may be in another one, which stays, and is told
 * of what failed elsewhere.
 */
export function useIsOpen(): { readonly current: boolean } {
  const isOpen = useRef(true)
  useLayoutEffect(() => {
    isOpen.current = true
    return () => {
      isOpen.current = false
    }
  }, [])
  return isOpen
}
