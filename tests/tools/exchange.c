/*
 * exchange A B: the two names change places, again and again, until this program is ended or its
 * parent is gone. renameat2(2) does it in one step, so that both names always lead somewhere: what
 * an attacker would use to meet the moment between a check and its use.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 3 || prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() == 1)
		return 111;
	/* Without a pause nobody else would get the directory's lock. */
	while (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) == 0)
		(void)usleep(50);
	perror(argv[1]);
	return 1;
}
