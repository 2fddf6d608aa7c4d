/** The room's second face: the class that needs the Workers runtime. */
export { DoorbellObject, type DoorbellServices } from "./doorbell-object.ts";
