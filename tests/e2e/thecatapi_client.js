// Runs beside the provider's own SDK: prints what it sees, as JSON.
//
// node thecatapi_client.js HOST KEY PICTURE PUBLIC_IMAGE_ID
const fs = require("fs");
const { TheCatAPI, ApiResponseError, Breed, Category } = require("@thatapicompany/thecatapi");

const [host, key, picture, publicId] = process.argv.slice(2);
const api = new TheCatAPI(key, { host });
const seen = {};

async function refusal(what) {
  try {
    await what;
    return "taken";
  } catch (error) {
    if (!(error instanceof ApiResponseError)) throw error;
    return [error.statusCode, error.data.message];
  }
}

async function images() {
  seen.uploaded = await api.images.uploadImage(fs.createReadStream(picture), "user-1");
  const { id } = seen.uploaded;
  for (let turn = 0; turn < 120 && !seen.analysis?.length; turn += 1) {
    await new Promise((done) => setTimeout(done, 500));
    seen.analysis = await api.images.getImageAnalysis(id).catch(() => []);
  }
  seen.own = await api.images.getImages({ limit: 10, subId: "user-1" });
  seen.ownOfAnother = await api.images.getImages({ limit: 10, subId: "user-2" });
  seen.ownByName = await api.images.getImages({ originalFilename: seen.own[0].originalFilename });
  seen.image = await api.images.getImage(id, { size: "med", subId: "user-1" });
  seen.searched = await api.images.searchImages({
    limit: 5,
    order: "RAND",
    hasBreeds: false,
    mimeTypes: ["jpg", "png"],
    size: "small",
  });
  seen.ofBreed = await api.images.searchImages({ breeds: [Breed.PERSIAN], hasBreeds: true });
  seen.ofOtherBreed = await api.images.searchImages({ breeds: [Breed.MANX, Breed.BENGAL] });
  seen.ofCategory = await api.images.searchImages({ categories: [Category.HATS, Category.BOXES] });
  seen.random = await api.images.getRandomImage();
}

async function favourites() {
  const added = await api.favourites.addFavourite(publicId, "user-1");
  seen.favourite = { added, one: await api.favourites.getFavourite(added.id) };
  seen.favourite.list = await api.favourites.getFavourites("user-1");
  seen.favourite.others = await api.favourites.getFavourites("user-2");
  seen.favourite.twice = await refusal(api.favourites.addFavourite(publicId, "user-1"));
  const nowhere = await api.favourites.addFavourite("no-such-image");
  seen.favourite.nowhere = await api.favourites.getFavourites();
  seen.favourite.deleted = await api.favourites.deleteFavourite(added.id);
  await api.favourites.deleteFavourite(nowhere.id);
  seen.favourite.left = await api.favourites.getFavourites();
}

async function votes() {
  const added = await api.votes.addVote({ imageId: publicId, value: 1, subId: "user-1" });
  seen.vote = { added, one: await api.votes.getVote(added.id) };
  seen.vote.list = await api.votes.getVotes("user-1");
  seen.vote.attached = await api.images.getImage(publicId, { subId: "user-1" });
  seen.vote.deleted = await api.votes.deleteVote(added.id);
  seen.vote.gone = await refusal(api.votes.getVote(added.id));
}

async function main() {
  await images();
  await favourites();
  await votes();
  await api.images.deleteImage(seen.uploaded.id);
  seen.afterwards = await refusal(api.images.getImage(seen.uploaded.id));
  seen.stranger = await refusal(new TheCatAPI("wrong", { host }).favourites.getFavourites());
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error.statusCode, error.data, error);
  process.exit(1);
});
