/** All experiments, in the order they are listed. A new one is a file in this folder and a line here. */
import type { Experiment } from "../experiment";
import { ipc } from "./ipc/index";
import { notify } from "./notify";
import { switchExperiment } from "./switch";
import { syscall } from "./syscall/index";

export const EXPERIMENTS: readonly Experiment[] = [ipc, syscall, notify, switchExperiment];
