import { execFileSync } from 'node:child_process';

/** Mounts a small file system on a folder, for this user alone; false where this user may not. */
export const mountTmpfs = (folder: string, megabytes: number): boolean => {
  try {
    const options = `size=${megabytes}m,mode=0700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

export const unmount = (folder: string): void => {
  execFileSync('umount', ['-l', folder]);
};
