/** The version in package.json, put in by build.mjs. */
declare const COFFER_VERSION: string
