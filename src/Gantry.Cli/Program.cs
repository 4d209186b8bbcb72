using System.CommandLine;
using Gantry.Cli.Boot;
using Gantry.Cli.Commands;
using Gantry.Cli.Site;

var root = new RootCommand(
    """
    Unmodified Linux containers in the browser and on any WASI runtime.

    Examples:
      gantry convert docker://docker.io/library/debian:sid debian.wasm
      gantry run -it debian.wasm bash
      wasmtime debian.wasm uname -a
    """)
{
    ConvertCommand.Create(),
    RunCommand.Create(),
    InspectCommand.Create(),
    ServeCommand.Create(),
    SiteCommand.Create(),
    BootCommand.Create(),
};
return root.Parse(RunCommand.SeparateCommand(args)).Invoke();
