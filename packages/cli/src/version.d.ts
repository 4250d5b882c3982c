/** The version in package.json, put in by build.mjs. */
declare const __COFFER_VERSION__: string
