const makingLock = (name: string): string => `vault:making:${name}`

/** Makes a vault of that name, one tab at a time. A tab that dies on the way is known for that by {@link ifNotMade}. */
export async function whileMaking<T>(name: string, make: () => Promise<T>): Promise<T> {
  return navigator.locks.request(makingLock(name), make)
}

/** Does something unless a tab is making a vault of that name just now. */
export async function ifNotMade(name: string, act: () => Promise<void>): Promise<void> {
  await navigator.locks.request(makingLock(name), { ifAvailable: true }, async (lock) => {
    if (lock !== null) await act()
  })
}
