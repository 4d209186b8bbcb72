using System.CommandLine;
using Gantry.Cli.Boot;

var root = new RootCommand("Unmodified Linux containers in the browser and on any WASI runtime.")
{
    BootCommand.Create(),
};
return root.Parse(args).Invoke();
