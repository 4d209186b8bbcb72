/** Source of the bundled worker (build.mjs). */
declare module 'gantry:worker' {
  const source: string;
  export default source;
}
