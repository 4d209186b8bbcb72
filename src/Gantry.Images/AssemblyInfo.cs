using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Gantry.Images.Tests")]
[assembly: InternalsVisibleTo("Gantry.Converter.Tests")]
